"""Samples, what is said to a probe's questions about them, and estimates, for tests of probes."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.make.facts import ItemFacts
from data.records import Sample, Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found, Variant, estimate_probes

QUICK = BootstrapConfig(replicates=300)
STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
NO_FACTS: Mapping[str, ItemFacts] = {}
Verdicts = Mapping[str, Sequence[str | None]]  # by variant, the draws of one sample
Judge = Callable[[Variant, random.Random], str | None]
Given = Sequence[Verdicts] | Judge


def sample(
    mode: str, texts: Sequence[str], label: str | None = None, number: int = 1, item: str = "i"
) -> Sample:
    responses = [{"author": f"r{at}", "text": text} for at, text in enumerate(texts)]
    labels = [] if label is None else [{"annotator": "a", "verdict": label}]
    return Sample.model_validate(
        {"sample_id": f"d/{mode}/{number}", "item_id": item, "cluster_id": f"c{number}",
         "mode": mode, "source": None, "instruction": "?", "responses": responses,
         "labels": labels}
    )  # fmt: skip


def around(
    samples: Sequence[Sample] = (), facts: Mapping[str, ItemFacts] = NO_FACTS, **settings: Any
) -> Around:
    return Around(ProbeConfig(**settings), Scale(), samples, facts)


def asked(
    probe: str,
    one: Sample,
    others: Sequence[Sample] = (),
    facts: Mapping[str, ItemFacts] = NO_FACTS,
    **settings: Any,
) -> dict[str, Variant]:
    """What a probe asks of a sample, by the variants' names."""
    found = PROBES[probe].vary(one, around([one, *others], facts, **settings))
    return {variant.variant: variant for variant in found}


def said(probe: str, samples: Sequence[Sample], judge: Judge) -> Sequence[Verdicts]:
    """What a judge says to a probe's questions; each answer has random numbers of its own."""
    known = around(samples)
    given: list[Verdicts] = []
    for one in samples:
        variants = PROBES[probe].vary(one, known)
        base = Variant(variant="base", sample=one, presented=tuple(range(len(one.responses))))
        draws: dict[str, list[str | None]] = {}
        for variant in (base, *variants) if variants else ():
            for repeat in variant.repeats:
                key = f"{one.sample_id} {variant.variant} {repeat}"
                rng = random.Random(hashlib.sha256(key.encode()).digest())
                draws.setdefault(variant.variant, []).append(judge(variant, rng))
        given.append(draws)
    return given


def judged(probe: str, samples: Sequence[Sample], given: Sequence[Verdicts]) -> pl.DataFrame:
    """A verdict table; the first base draw is the base row, the others are the probe's."""
    rows = [
        {"sample_id": one.sample_id, "mode": one.mode, "judge": "j", "setting": "s",
         "probe": None if (variant, repeat) == ("base", 0) else probe, "variant": variant,
         "repeat": repeat, "status": STATUS[one.mode] if verdict else "unparsed",
         "verdict": verdict}
        for one, verdicts in zip(samples, given, strict=True)
        for variant, draws in verdicts.items()
        for repeat, verdict in enumerate(draws)
    ]  # fmt: skip
    return table(rows, VERDICTS)


def estimated(probe: str, samples: Sequence[Sample], given: Given) -> pl.DataFrame:
    """A probe's estimates of verdicts, or of what a judge says."""
    verdicts = said(probe, samples, given) if callable(given) else given
    rows = judged(probe, samples, verdicts)
    found = Found(samples_table(samples), rows, ProbeConfig(), Scale(), QUICK)
    return estimate_probes({probe: found})


def pooled(
    probe: str, samples: Sequence[Sample], given: Given
) -> dict[tuple[str | None, str], dict[str, Any]]:
    """The pooled estimates of a probe by arm and metric."""
    rows = estimated(probe, samples, given).filter(pl.col("group") == "pooled")
    return {(row["arm"], row["metric"]): row for row in rows.iter_rows(named=True)}


def holds(row: Mapping[str, Any], truth: float) -> bool:
    """Whether a truth lies within 3.3 standard errors; one in a thousand does not by chance."""
    return bool(abs(row["value"] - truth) <= 3.3 / 1.96 * (row["high"] - row["low"]) / 2)
