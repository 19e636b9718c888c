"""Populations of simulated samples with everything a probe asks about them."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from data.make.facts import ItemFacts
from data.records import LETTERS, Mode, Sample, Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.config import ProbeConfig
from tasks.probes import PROBES, Around, Variant
from tasks.probes.contrasts import Arm, named

SCALE = Scale()


def verdicts_of(mode: str, size: int) -> list[str]:
    """What can be said in a mode, in the order of a judge's probabilities."""
    match mode:
        case "score":
            return [str(level) for level in range(SCALE.low, SCALE.high + 1)]
        case "pair":
            return ["A", "B", "C"]
        case "ask":
            return ["yes", "no", "unsure"]
    return ["".join(order) for order in itertools.permutations(LETTERS[:size])]


@dataclass
class Pool:
    """Samples and all questions about them; `rows` has a line per draw, `slot` its sample."""

    probe: str
    mode: Mode
    config: ProbeConfig
    samples: list[Sample]
    asked: list[tuple[Sample, Variant]]
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)

    def about(self, arms: Sequence[Arm]) -> Pool:
        """The same samples with no other questions than those that contrasts of these arms need."""
        sides = [named("base"), *(side for arm in arms for side in (arm.treated, arm.control))]
        asked = [each for each in self.asked if any(side(each[1].variant) for side in sides)]
        return dataclasses.replace(self, asked=asked)

    def of_one_source(self) -> Pool:
        """The samples as one source, of which runs draw from all, as intervals then resample it.

        Within sources, as intervals are otherwise, how far sources lie apart is no part of them.
        """
        samples = [sample.model_copy(update={"source": "s"}) for sample in self.samples]
        return dataclasses.replace(self, samples=samples)

    @functools.cached_property
    def frame(self) -> pl.DataFrame:
        """The samples as a table, without what estimates do not read."""
        return samples_table(self.samples).with_columns(pl.lit("").alias("instruction"))

    @functools.cached_property
    def rows(self) -> pl.DataFrame:
        """Verdict rows without verdicts."""
        slots = {sample.sample_id: at for at, sample in enumerate(self.samples)}
        lines: list[dict[str, Any]] = []
        for at, (sample, ask) in enumerate(self.asked):
            for repeat in ask.repeats:
                base = ask.variant == "base" and repeat == 0 and ask.question is None
                lines.append(
                    {
                        "mode": "ask" if ask.question is not None else ask.sample.mode,
                        "setting": "analyze",
                        "probe": None if base else self.probe, "variant": ask.variant,
                        "repeat": repeat, "epoch": "base",
                        "question": at, "slot": slots[sample.sample_id],
                    }
                )  # fmt: skip
        schema = {name: VERDICTS[name] for name in lines[0] if name in VERDICTS}
        made = table(lines, pl.Schema({**schema, "question": pl.Int64(), "slot": pl.Int64()}))
        return made.sort("slot", maintain_order=True)

    @functools.cached_property
    def places(self) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
        """The places of each slot's rows."""
        slot = self.rows["slot"].to_numpy()
        return np.split(np.arange(len(slot)), np.flatnonzero(np.diff(slot)) + 1)


def make_pool(
    probe: str,
    mode: Mode,
    samples: Sequence[Sample],
    facts: Mapping[str, ItemFacts] | None = None,
    **settings: Any,
) -> Pool:
    """Everything a probe asks about samples; those it asks nothing about are left out."""
    config = ProbeConfig(**settings)
    around = Around(config, SCALE, samples, facts or {})
    kept: list[Sample] = []
    asked: list[tuple[Sample, Variant]] = []
    for sample in samples:
        variants = PROBES[probe].vary(sample, around) if sample.mode == mode else ()
        if variants:
            own = tuple(range(len(sample.responses)))
            kept.append(sample)
            base = Variant.model_construct(variant="base", sample=sample, presented=own)
            asked += [(sample, base), *((sample, variant) for variant in variants)]
    return Pool(probe, mode, config, kept, asked, facts or {})


def plain_samples(mode: Mode, slots: int, size: int = 2) -> list[Sample]:
    """Samples with short texts whose labels take turns over all that a label can be."""
    labels = verdicts_of(mode, size)
    count = {"score": 1, "pair": 2}.get(mode, size)
    words = ["It shows a red kite.", "There are four boats.", "A dog sits left.", "Clouds gather."]
    return [
        Sample.model_validate(
            {
                "sample_id": f"d/{mode}/{at}", "item_id": f"i{at}", "cluster_id": f"c{at}",
                "mode": mode, "source": "s", "instruction": "What is shown?",
                "responses": [
                    {"author": f"m{own}", "text": f"{words[(at + own) % 4]} {words[own % 4]}"}
                    for own in range(count)
                ],
                "labels": [{"annotator": "a", "verdict": labels[at % len(labels)]}],
            }
        )
        for at in range(slots)
    ]  # fmt: skip
