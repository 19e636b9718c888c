"""What a page says of the nights before: rows for its charts, lines for its lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.run_record import flow_of
from tasks.drift.records import Chart, Drift
from tasks.report.words import Names


def trends(
    history: pl.DataFrame, run: Mapping[str, Any], primary: Mapping[str, str], names: Names
) -> list[dict[str, Any]]:
    """By mode: the primary measure of every judge of a run, by night up to the run's own.

    Nights of the same configuration and flow on as much of the same dataset in the run's first
    setting; of several runs of a night the newest counts.
    """
    dataset = run.get("dataset", {})
    mine = history.filter(
        (pl.col("name") == run.get("name"))
        & (pl.col("flow").is_null() | (pl.col("flow") == flow_of(run)))  # older rows do not say
        & (pl.col("dataset") == dataset.get("name"))
        & pl.col("limit").eq_missing(pl.lit(dataset.get("limit")))
        & (pl.col("setting") == next(iter(run.get("settings", ())), ""))
        & (pl.col("started") <= str(run.get("started")))
        & (pl.col("night") <= str(run.get("night")))
        & pl.col("probe").is_null()
        & pl.col("judge").is_in([judge["name"] for judge in names.judges])
    ).sort("night", "started")
    found = []
    for mode, measure in primary.items():
        own = mine.filter((pl.col("mode") == mode) & (pl.col("measure") == measure))
        last = own.unique(["judge", "night"], keep="last", maintain_order=True).sort("judge")
        rows = last.select("judge", "night", "value", "low", "high").sort("judge", "night")
        named = [{**row, "judge": names(row["judge"])} for row in rows.iter_rows(named=True)]
        found.append({"mode": mode, "measure": measure, "rows": named})
    return found


def watched(drift: Drift | None, names: Names) -> dict[str, Any] | None:
    """The charts of the night's anchors with the promise they keep; `None` without anchors."""
    if drift is None:
        return None
    return {
        "promise": drift.promise,
        "findings": [{"message": f.message, "fails": f.fails} for f in drift.findings],
        "charts": [_chart(each, names(each.judge)) for each in drift.charts],
    }


def _chart(chart: Chart, name: str) -> dict[str, Any]:
    baseline = chart.baseline
    return {
        "judge": name,
        "state": chart.state,
        "learned": chart.learned,
        "needed": chart.needed,
        "again": chart.again,
        "size": chart.size,
        "lines": {
            "statistic": chart.statistic,
            "mean": baseline and baseline.mean,
            "sd": baseline and baseline.sd,
            "limit": chart.limit,
            "since": chart.since,
        },
        "left_out": [
            {"night": each.night, "why": each.left_out} for each in chart.points if each.left_out
        ],
        "points": [
            {
                **point.model_dump(include={"night", "value", "low", "high", "above", "below"}),
                "kind": "left out"
                if point.left_out
                else "baseline"
                if point.learning
                else "watched",
            }
            for point in chart.points
        ],
    }
