"""A run in a few tables, for the terminal and for Prefect's artifact."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from tasks.measures import better, primary
from tasks.measures.power import deviation_per_image, of_difference, smallest_difference
from tasks.panels import METHODS, PREFIX
from tasks.stages.context import Context

SHOWN = frozenset({  # the page has every measure; a terminal has 150 columns
    "spearman", "kendall_tau_b", "quadratic_kappa", "exact", "within_one", "mae", "bias",
    "accuracy_without_ties", "macro_f1", "kappa", "tie_rate",
    "levenshtein", "top1", "exact_order",
})  # fmt: skip


def summary(here: Context) -> str:
    """The run in Markdown: every judge beside the baselines, mode by mode; calls and price."""
    facts = here.run.facts()
    lines = [f"# {facts['name']}: {facts['status']}", ""]
    for mode, rows in agreement_rows(here.run.table("estimates"), simulated_names(facts)).items():
        cells = [[value.replace("|", "\\|") for value in row.values()] for row in rows]
        table = [list(rows[0]), ["---"] * len(rows[0]), *cells]
        lines += [f"## {mode}", "", *(f"| {' | '.join(line)} |" for line in table), ""]
    return "\n".join([*lines, totals(facts), "", against(facts), ""])


def simulated_names(facts: Mapping[str, Any]) -> set[str]:
    """The names of a run's simulated judges, and of the panels they sit on."""
    names = {judge["name"] for judge in facts["judges"] if judge["simulated"]}
    panels = {PREFIX + method for methods in METHODS.values() for method in methods}
    return names | panels if names else names


def agreement_rows(
    estimates: pl.DataFrame, simulated: Collection[str] = (), defence: bool = False
) -> dict[str, list[dict[str, str]]]:
    """The main pooled measures as text by mode: a row per judge and setting, the primary first.

    Judges come best first, then the baselines. `macro` is the mean of the primary over sources.
    With `defence` each row also says what the primary could have been had the missing verdicts
    been known, and the smallest difference that so many images can see (80 % power).
    """
    shown = {}
    for mode, metric in primary().items():
        rows = estimates.filter((pl.col("mode") == mode) & pl.col("probe").is_null())
        found: dict[tuple[str, str], dict[tuple[str, str], dict[str, Any]]] = {}
        for row in rows.filter(pl.col("group").is_in(["pooled", "macro"])).iter_rows(named=True):
            subject = found.setdefault((row["judge"], row["setting"]), {})
            subject[row["group"], row["metric"]] = row
        sign = -1.0 if better()[metric] == "higher" else 1.0
        places = {
            who: _place(who, each["pooled", metric]["value"], sign) for who, each in found.items()
        }
        ordered = sorted(found, key=places.__getitem__)
        if ordered:
            shown[mode] = [
                _agreement(who, found[who], metric, simulated)
                | (_defence(found[who]["pooled", metric]) if defence else {})
                for who in ordered
            ]
    return shown


def _place(
    who: tuple[str, str], value: float | None, sign: float
) -> tuple[bool, float, tuple[str, str]]:
    return who[0].startswith("baseline:"), math.inf if value is None else sign * value, who


def _agreement(
    who: tuple[str, str],
    found: dict[tuple[str, str], dict[str, Any]],
    metric: str,
    simulated: Collection[str],
) -> dict[str, str]:
    first = found["pooled", metric]
    row = {
        "judge": who[0] + (" (simulated)" if who[0] in simulated else ""),
        "setting": who[1],
        metric: _number(first["value"]),
        f"{100 * first['level']:g} % interval": _interval(first),
    }
    row |= {
        name: _number(each["value"])
        for (group, name), each in found.items()
        if group == "pooled" and name in SHOWN
    }
    mean = found.get(("macro", metric))
    row["macro"] = "-" if mean is None else _number(mean["value"])
    return row | {"n": str(first["n"]), "missing": str(first["n_missing"])}


def _defence(row: Mapping[str, Any]) -> dict[str, str]:
    bounds = "-"
    if row["n_missing"] and row["bound_low"] is not None:
        bounds = f"{row['bound_low']:.3f} to {row['bound_high']:.3f}"
    sees = "-"
    if row["low"] is not None and row["clusters"] > 1:
        ends = (row["low"], row["high"], row["level"], row["clusters"])
        one = of_difference(deviation_per_image(*ends), 0.0)
        sees = f"{smallest_difference(one, row['clusters'], row['level'], 0.8):.3f}"
    return {"if missing known": bounds, "sees": sees}


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"


def totals(facts: dict[str, Any]) -> str:
    """What was asked, what came of it and what it cost, in a line."""
    counts, cost = facts["counts"], facts["cost"]
    unpriced = cost["unpriced_calls"]
    return (
        f"{counts['planned']} requests: {counts['cached']} cached, {counts['sent']} sent, "
        f"{counts['unparsed']} unreadable, {counts['refused']} refused, "
        f"{counts['failed']} failed, {counts['open']} open; {cost['usd']:.4f} USD"
        + (f" and {unpriced} calls of unknown price" if unpriced else "")
    )


def against(facts: Mapping[str, Any]) -> str:
    """The quote beside what was paid, in a line."""
    quotes, cost = (facts.get("quote") or {}).values(), facts["cost"]
    sums = {name: sum(q[name] for q in quotes) for name in ("to_send", "expected_usd", "max_usd")}
    calls = facts["counts"]["paid"] + facts["counts"]["perhaps_paid"]
    line = (
        f"quote: {sums['to_send']} calls, {sums['expected_usd']:.4f} USD expected, "
        f"{sums['max_usd']:.4f} at most; actual: {calls} calls, {cost['usd']:.4f} USD"
    )
    unpriced = sorted({name for q in quotes for name in q["unpriced"]})
    return line + (f"; price unknown for {', '.join(unpriced)}" if unpriced else "")


def _interval(row: dict[str, Any]) -> str:
    if row["low"] is None:
        return "-"
    shown = f"{row['low']:.3f} to {row['high']:.3f}"
    return shown if row["clustered"] else f"{shown} (unclustered)"
