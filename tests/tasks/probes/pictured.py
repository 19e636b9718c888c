"""Samples with pictures, and the estimates of one arm, for tests of probes."""

import random
from collections.abc import Mapping
from typing import Any

import polars as pl

from data.records import ImageRef, Label, Mode, Response, Sample


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


def of_arm(estimates: pl.DataFrame, arm: str, mode: str = "score") -> Mapping[str, dict[str, Any]]:
    """The pooled estimates of an arm by metric."""
    mine = (pl.col("group") == "pooled") & (pl.col("arm") == arm) & (pl.col("mode") == mode)
    return {row["metric"]: row for row in estimates.filter(mine).iter_rows(named=True)}


def near(sample: Sample, draw: random.Random) -> int:
    """The label of a score, or a neighbour of it in four of ten cases."""
    moved = int(sample.labels[0].verdict) + draw.choice((-1, 0, 0, 0, 1))
    return min(5, max(1, moved))
