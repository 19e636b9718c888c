"""What a judge of known doses says to a probe's variants, as tables to estimate from."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import LETTERS, Label, Response, Sample, Scale
from data.tables import SAMPLES, VERDICTS, table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found
from tasks.probes.kinds import Variant

STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
TEXT = "The bar of Marden is the highest. It is green. It stands at 84."
Judge = Callable[[Variant, random.Random], str | None]


def labelled(mode: str, number: int, text: str = TEXT) -> Sample:
    """A sample with a label of its own."""
    size = {"score": 1, "pair": 2, "batch": 4}[mode]
    rng = random.Random(number)
    letters = rng.sample(LETTERS[:size], size)
    verdict = {"score": str(rng.randint(2, 4)), "pair": letters[0]}.get(mode, "".join(letters))
    return Sample(
        sample_id=f"d/{mode}/{number}", item_id=f"i{number}", cluster_id=f"c{number}",
        mode=mode, source=None, instruction="Which is the highest?",
        responses=tuple(Response(author=f"r{own}", text=text) for own in range(size)),
        labels=(Label(annotator="x", verdict=verdict),),
    )  # fmt: skip


def asked(probe: str, sample: Sample) -> tuple[Variant, ...]:
    """What the probe asks about a sample."""
    return PROBES[probe].vary(sample, Around(ProbeConfig(), Scale(), ()))


def dosed(doses: Mapping[str, float], right: float = 0.6) -> Judge:
    """A judge who is often right and whom cues move: by points, or with a probability."""

    def said(variant: Variant, rng: random.Random) -> str:
        label = variant.sample.labels[0].verdict
        pulls = [(doses.get(cue, 0.0), borne) for cue, borne in variant.cues.items()]
        if variant.sample.mode == "score":
            points = sum(dose * borne[0] for dose, borne in pulls)
            score = int(label) if rng.random() < right else rng.randint(2, 4)
            return str(score + int(points // 1) + (rng.random() < points % 1))
        size = len(variant.sample.responses)
        for dose, borne in pulls:
            if max(borne) > min(borne) and rng.random() < dose:
                taken = LETTERS[borne.index(max(borne))]
                rest = [letter for letter in LETTERS[:size] if letter != taken]
                return taken if size == 2 else "".join([taken, *rng.sample(rest, size - 1)])
        if rng.random() < right:
            return label
        return rng.choice("ABC") if size == 2 else "".join(rng.sample(LETTERS[:size], size))

    return said


def estimated(
    probe: str, samples: Sequence[Sample], judge: Judge, seed: int = 0
) -> dict[tuple[str, str], dict[str, Any]]:
    """The probe's pooled estimates by arm and measure."""
    rows: list[dict[str, Any]] = []
    for sample in samples:
        own = tuple(range(len(sample.responses)))
        variants = asked(probe, sample)
        base = Variant(variant="base", sample=sample, presented=own)
        for variant in (base, *variants) if variants else ():
            for repeat in variant.repeats:
                key = f"{seed} {sample.sample_id} {variant.variant} {repeat}"
                verdict = judge(variant, random.Random(hashlib.sha256(key.encode()).digest()))
                rows.append(
                    {"sample_id": sample.sample_id, "mode": sample.mode, "judge": "simulated",
                     "setting": "s", "variant": variant.variant, "repeat": repeat,
                     "probe": None if variant is base else probe, "verdict": verdict,
                     "status": STATUS[sample.mode] if verdict else "unparsed"}
                )  # fmt: skip
    found = Found(
        table([sample.model_dump() for sample in samples], SAMPLES),
        table(rows, VERDICTS),
        ProbeConfig(), Scale(), BootstrapConfig(replicates=200),
    )  # fmt: skip
    pooled = PROBES[probe].estimate(found).filter(pl.col("group") == "pooled")
    return {(row["arm"], row["metric"]): row for row in pooled.iter_rows(named=True)}
