"""Counts of verdicts that a page draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from data.made_judges import MADE
from data.records import READABLE
from tasks.report.words import Names


def confusions(
    samples: pl.DataFrame, verdicts: pl.DataFrame, mode: str, names: Names
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Counts of judge verdict by label for each judge's base rows in its first setting."""
    if mode == "batch":
        return
    labels = samples.select(
        "sample_id", pl.col("labels").list.first().struct.field("verdict").alias("label")
    ).drop_nulls()
    base = verdicts.filter(
        (pl.col("mode") == mode)
        & pl.col("probe").is_null()
        & pl.col("status").is_in(READABLE)
        & ~pl.col("judge").str.contains(MADE)
    )
    counted = base.join(labels, on="sample_id").group_by("judge", "setting", "label", "verdict")
    counts = counted.len().sort("judge", "setting", "label", "verdict")
    for (judge, setting), group in counts.group_by(["judge", "setting"], maintain_order=True):
        rows = group.select("label", "verdict", pl.col("len").alias("count")).to_dicts()
        yield f"{names(str(judge))}, {setting}", rows


def shares(
    samples: pl.DataFrame, verdicts: pl.DataFrame, mode: str, names: Names
) -> list[dict[str, Any]]:
    """How often each level was given by the labels and by each judge in its base rows.

    In a batch the level is the rank that a judge gives to the response its label puts first, the
    best of those ranks where the label ties several.
    """
    labels = samples.filter(pl.col("mode") == mode).select(
        "sample_id", pl.col("labels").list.first().struct.field("verdict").alias("label")
    )
    judged = (
        verdicts.filter(
            (pl.col("mode") == mode)
            & pl.col("probe").is_null()
            & pl.col("status").is_in(READABLE)
            & ~pl.col("judge").str.contains(MADE)
        )
        .join(labels, on="sample_id")
        .select(
            pl.concat_str(
                pl.col("judge").map_elements(names, pl.String), "setting", separator=", "
            ).alias("subject"),
            pl.col("verdict").alias("level"),
            "label",
        )
    )
    if mode == "batch":
        best = pl.col("label").str.extract("^([A-Z](?:=[A-Z])*)").str.replace_all("=", "|")
        said = judged.drop_nulls("label").with_columns(
            (pl.col("level").str.find(best) + 1).cast(pl.String).alias("level")
        )
    else:
        truth = labels.drop_nulls("label").select(
            pl.lit("labels").alias("subject"), pl.col("label").alias("level")
        )
        said = pl.concat([truth, judged.select("subject", "level").sort("subject")])
    counted = said.drop_nulls("level").group_by("subject", "level", maintain_order=True).len()
    shared = counted.with_columns(
        (pl.col("len") / pl.col("len").sum().over("subject")).alias("share")
    )
    return shared.select("subject", "level", "share").to_dicts()
