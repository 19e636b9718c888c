"""The rows a page shows, taken from the run's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.made_judges import MADE
from data.records import ALARM, READABLE
from tasks.measures.estimand import estimand
from tasks.report.words import Names

BASELINE = "baseline:"
LEVEL = "label:"
CONFIDENCE, BIN = "confidence", "bin:"
CEILING = "ceiling"
BOARD = "leaderboard"


def board(
    estimates: pl.DataFrame, mode: str, metric: str, better: str | None, names: Names
) -> list[dict[str, Any]]:
    """The pooled primary estimates of a mode, best first, baselines after the judges."""
    rows = estimates.filter(
        (pl.col("mode") == mode)
        & (pl.col("metric") == metric)
        & (pl.col("group") == "pooled")
        & pl.col("probe").is_null()
    )
    sign = 1.0 if better == "lower" else -1.0
    ranked = rows.sort(
        pl.col("judge").str.starts_with(BASELINE),
        pl.col("value") * sign,
        "judge",
        "setting",
        nulls_last=True,
    )
    return [shown(row, names) for row in ranked.iter_rows(named=True)]


def by_source(estimates: pl.DataFrame, mode: str, metric: str, names: Names) -> dict[str, Any]:
    """The primary measure by source (rows) and judge with setting (columns)."""
    rows = estimates.filter(
        (pl.col("mode") == mode) & (pl.col("metric") == metric) & pl.col("probe").is_null()
    )
    columns = list(dict.fromkeys(rows.select("judge", "setting").iter_rows()))
    columns.sort(key=lambda pair: (pair[0].startswith(BASELINE), pair))
    cells: dict[tuple[str, str, str], dict[str, Any]] = {
        (row["group"], row["judge"], row["setting"]): row for row in rows.iter_rows(named=True)
    }
    groups = [g for g in dict.fromkeys(rows["group"]) if not g.startswith(LEVEL)]
    groups.sort(key=lambda group: (group != "pooled", group != "macro", group))
    body = [
        {
            "group": group.removeprefix("source:"),
            "cells": [cells.get((group, *column)) for column in columns],
        }
        for group in groups
    ]
    heads = [{"judge": names(judge), "setting": setting} for judge, setting in columns]
    return {"heads": heads, "body": body}


def others(estimates: pl.DataFrame, mode: str, names: Names) -> dict[str, Any]:
    """Every measure of a mode, pooled, by judge with setting."""
    rows = estimates.filter(
        (pl.col("mode") == mode) & (pl.col("group") == "pooled") & pl.col("probe").is_null()
    )
    metrics = list(dict.fromkeys(rows["metric"]))
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows.iter_rows(named=True):
        lines.setdefault((row["judge"], row["setting"]), {})[row["metric"]] = row["value"]
    ordered = sorted(lines, key=lambda pair: (pair[0].startswith(BASELINE), pair))
    body = [
        {
            "judge": names(judge),
            "setting": setting,
            "values": [lines[judge, setting].get(metric) for metric in metrics],
        }
        for judge, setting in ordered
    ]
    return {"metrics": metrics, "body": body}


def by_level(estimates: pl.DataFrame, mode: str, names: Names) -> dict[str, Any] | None:
    """Measures by the level of the human label, judges only; `None` where there are none."""
    rows = estimates.filter(
        (pl.col("mode") == mode)
        & pl.col("group").str.starts_with(LEVEL)
        & ~pl.col("judge").str.starts_with(BASELINE)
    )
    if rows.is_empty():
        return None
    heads = list(dict.fromkeys(rows["group"]))
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows.sort("judge", "setting", "metric", maintain_order=True).iter_rows(named=True):
        key = (row["judge"], row["setting"], row["metric"])
        lines.setdefault(key, {})[row["group"]] = row["value"]
    body = [
        {"judge": names(judge), "setting": setting, "metric": metric,
         "values": [found.get(head) for head in heads]}
        for (judge, setting, metric), found in lines.items()
    ]  # fmt: skip
    return {"heads": [head.removeprefix(LEVEL) for head in heads], "body": body}


def calibrations(
    estimates: pl.DataFrame, mode: str, names: Names
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Of each judge with confidences: mean confidence and share right by bin, least sure first."""
    rows = estimates.filter(
        (pl.col("mode") == mode)
        & (pl.col("probe") == CONFIDENCE)
        & pl.col("group").str.starts_with(BIN)
        & pl.col("value").is_not_null()
    )
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        bins = found.setdefault((row["judge"], row["setting"]), {})
        place = int(row["group"].removeprefix(BIN))
        bins.setdefault(row["group"], {"bin": place, "n": row["n"]})[row["metric"]] = row["value"]
    return [
        (f"{names(judge)}, {setting}", sorted(bins.values(), key=lambda each: each["bin"]))
        for (judge, setting), bins in sorted(found.items())
    ]


def ceilings(
    estimates: pl.DataFrame, primary: Mapping[str, str], names: Names
) -> list[dict[str, Any]]:
    """The primary measures of humans against each other and of judges against the same humans."""
    rows = estimates.filter(
        (pl.col("probe") == CEILING)
        & (pl.col("group") == "pooled")
        & pl.col("metric").is_in(list(primary.values()))
    )
    return [shown(row, names) for row in rows.iter_rows(named=True)]


def leaderboards(estimates: pl.DataFrame, names: Names) -> list[dict[str, Any]]:
    """Strengths of the responders by judge, strongest first, and agreement with the humans'."""
    rows = estimates.filter(pl.col("probe") == BOARD).with_columns(
        (pl.col("judge") != "humans").alias("after"),
        pl.col("metric").eq("bradley_terry").alias("s"),
    )
    ordered = rows.sort(
        "after", "judge", "setting", "s", "value",
        descending=[False, False, False, True, True], nulls_last=True,
    )  # fmt: skip
    return [
        {**shown(row, names), "about": row["group"].removeprefix("responder:")}
        for row in ordered.iter_rows(named=True)
    ]


def differences(frame: pl.DataFrame, mode: str, names: Names) -> list[dict[str, Any]]:
    """The paired differences of the primary measure in a mode."""
    rows = frame.filter((pl.col("mode") == mode) & pl.col("primary"))
    return [
        {**row, "name": names(row["judge"]), "other_name": names(row["other"])}
        for row in rows.iter_rows(named=True)
    ]


def alarming(estimates: pl.DataFrame) -> list[dict[str, Any]]:
    """The pooled estimates, of no arm, whose note opens with an alarm."""
    cries = pl.col("note").str.starts_with(ALARM) & (pl.col("group") == "pooled")
    return estimates.filter(cries & pl.col("arm").is_null()).to_dicts()


def unreadable(verdicts: pl.DataFrame, names: Names) -> list[dict[str, Any]]:
    """Rows without a readable verdict by judge, status and reason."""
    rows = verdicts.filter(~pl.col("status").is_in(READABLE) & ~pl.col("judge").str.contains(MADE))
    counts = rows.group_by("judge", "status", "reason").len().sort("judge", "status", "reason")
    return [
        {**row, "judge": names(row["judge"]), "count": row["len"]}
        for row in counts.iter_rows(named=True)
    ]


def costs(run: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Calls and money by judge."""
    cost = run.get("cost") or {}
    known = {judge["name"]: judge.get("price_known") for judge in names.judges}
    return [
        {
            "judge": names(name),
            "calls": (cost.get("calls_by_judge") or {}).get(name, 0),
            "usd": (cost.get("by_judge") or {}).get(name, 0.0) if price else None,
        }
        for name, price in known.items()
    ]


def quotes(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The quote of each round."""
    quoted = run.get("quote") or {}
    return [{"round": number_, **quoted[number_]} for number_ in sorted(quoted)]


def parts(run: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Quote and cost of each part of the run that was quoted or paid."""
    found = (run.get("cost") or {}).get("by_part", [])
    return [
        {**part, "judge": names(part["judge"])}
        for part in found
        if part["to_send"] or part["calls"]
    ]


def shown(row: dict[str, Any], names: Names) -> dict[str, Any]:
    """An estimate with what the page says besides: name, coverage, estimand."""
    asked = row["n"] + row["n_missing"]
    return {
        **row,
        "name": names(row["judge"]),
        "baseline": row["judge"].startswith(BASELINE),
        "coverage": row["n"] / asked if asked else None,
        "estimand": estimand(row),
    }
