"""Samples with pictures, and what a judge that is a function says to a probe's questions."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.make.facts import ItemFacts
from data.records import ImageRef, Label, Mode, Response, Sample, Scale
from data.tables import VERDICTS, samples_table, table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found, Variant

QUICK = BootstrapConfig(replicates=300)
STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
Judge = Callable[[Variant, random.Random], str | None]


def picture(number: int) -> ImageRef:
    return ImageRef(path=f"{number}.png", sha256=f"{number:064x}")


def item(
    number: int, mode: Mode = "score", label: str | None = None, source: str = "s", **other: Any
) -> Sample:
    """A sample about a picture of its own."""
    size = {"score": 1, "pair": 2, "batch": 3}[mode]
    given: dict[str, Any] = {
        "sample_id": f"d/{mode}/{number}",
        "item_id": f"i{number}",
        "cluster_id": picture(number).sha256,
        "mode": mode,
        "source": source,
        "instruction": "Describe the weather.",
        "images": (picture(number),),
        "responses": tuple(Response(author=f"r{i}", text="It rains.") for i in range(size)),
        "labels": () if label is None else (Label(annotator="a", verdict=label),),
    }
    return Sample(**given | other)


def asked(
    probe: str, sample: Sample, samples: Sequence[Sample] = (), **facts: ItemFacts
) -> dict[str, Variant]:
    """A probe's variants of a sample by name."""
    around = Around(ProbeConfig(), Scale(), samples or [sample], facts)
    return {variant.variant: variant for variant in PROBES[probe].vary(sample, around)}


def estimated(probe: str, samples: Sequence[Sample], judge: Judge) -> pl.DataFrame:
    """The pooled and other estimates of a probe of a judge."""
    around = Around(ProbeConfig(), Scale(), samples)
    rows: list[dict[str, Any]] = []
    draw = random.Random(11)
    for sample in samples:
        variants = PROBES[probe].vary(sample, around)
        base = Variant(variant="base", sample=sample, presented=tuple(range(len(sample.responses))))
        for variant in (base, *variants) if variants else ():
            for repeat in variant.repeats:
                verdict = judge(variant, draw)
                rows.append(
                    {"sample_id": sample.sample_id, "mode": sample.mode, "judge": "j",
                     "setting": "analyze", "probe": None if variant is base else probe,
                     "variant": variant.variant, "repeat": repeat, "verdict": verdict,
                     "status": STATUS[sample.mode] if verdict else "refused"}
                )  # fmt: skip
    verdicts = table(rows, VERDICTS)
    found = Found(samples_table(samples), verdicts, ProbeConfig(), Scale(), QUICK)
    return PROBES[probe].estimate(found)


def pooled(estimates: pl.DataFrame, arm: str, mode: str = "score") -> Mapping[str, dict[str, Any]]:
    """The pooled estimates of an arm by metric."""
    mine = (pl.col("group") == "pooled") & (pl.col("arm") == arm) & (pl.col("mode") == mode)
    return {row["metric"]: row for row in estimates.filter(mine).iter_rows(named=True)}


def near(sample: Sample, draw: random.Random) -> int:
    """The label of a score, or a neighbour of it in four of ten cases."""
    moved = int(sample.labels[0].verdict) + draw.choice((-1, 0, 0, 0, 1))
    return min(5, max(1, moved))
