"""The judge card: what one judge can be trusted with, on one page that compares over nights.

Everything on it is an estimate of the run; nothing is computed here but the words. A card is equal
for equal tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl

from data.records import READABLE
from tasks.probes.kinds import Family
from tasks.report.card_records import Card, Finding, Trust
from tasks.report.card_words import FEWEST_IMAGES, corrected, finding_words, trust_words

Heading = tuple[str, str | None, str]  # mode, arm, measure
BASELINE = "baseline:"
TITLES: Mapping[Family, str] = {
    "bias": "What moves it that should not",
    "hallucination": "What it sees and what it makes up",
    "consistency": "Whether it says the same again",
    "remedy": "What helps",
}
STEADY = frozenset({"bias", "consistency"})  # families in which saying the same looks like a merit
SAME_SHARE = 0.95  # of the samples of a mode, from which on a judge says the same about everything
MEASURED = ("value", "low", "high", "bound_low", "bound_high", "n", "n_missing", "clustered")


def cards(
    run: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    headlines: Mapping[str, tuple[Family, Collection[Heading]]],
    primary: Mapping[str, str],
    prices: Mapping[str, Mapping[str, float | None]],
) -> list[Card]:
    """A card for every judge of a run.

    Args:
        run: the contents of `run.json`.
        tables: `estimates`, `differences` and `verdicts`.
        headlines: the family of each probe and the (mode, arm, measure) that stand for it.
        primary: the primary measure of each mode.
        prices: by judge and mode; `None` where a price is not known.
    """
    made = []
    for judge in run["judges"]:
        name = judge["name"]
        own = tables["estimates"].filter(pl.col("judge") == name)
        if judge.get("role", "judge") != "judge" or own.is_empty():
            continue
        same = _same(name, tables["verdicts"])
        made.append(
            Card(
                judge=name,
                model=judge["model"],
                simulated=bool(judge["simulated"]),
                run=run["run_id"],
                started=run["started"],
                dataset=run["dataset"]["name"],
                labels=str(run["dataset"].get("label_origin") or "none"),
                level=float(run["level"]),
                trust=tuple(_trust(name, tables, primary)),
                cautions=tuple(same.values()),
                findings=tuple(_findings(own, headlines, same)),
                unreadable=_unreadable(name, tables["verdicts"]),
                usd_per_1000=dict(prices.get(name, {})),
            )
        )
    return made


def _trust(
    judge: str, tables: Mapping[str, pl.DataFrame], primary: Mapping[str, str]
) -> Iterator[Trust]:
    pooled = tables["estimates"].filter((pl.col("group") == "pooled") & pl.col("probe").is_null())
    for mode, metric in primary.items():
        of_mode = pooled.filter((pl.col("mode") == mode) & (pl.col("metric") == metric))
        for row in of_mode.filter(pl.col("judge") == judge).iter_rows(named=True):
            ahead = tables["differences"].filter(
                (pl.col("judge") == judge)
                & (pl.col("setting") == row["setting"])
                & (pl.col("mode") == mode)
                & pl.col("primary")
                & pl.col("other").str.starts_with(BASELINE)
            )
            found = ahead.row(0, named=True) if len(ahead) else None
            yield Trust(
                **{name: row[name] for name in ("mode", "setting", "metric", *MEASURED)},
                words=trust_words(row, found),
                **_best(found, of_mode),
            )


def _best(found: Mapping[str, Any] | None, of_mode: pl.DataFrame) -> dict[str, Any]:
    if found is None:
        return {}
    other = of_mode.filter(pl.col("judge") == found["other"])["value"]
    return {
        "baseline": found["other"].removeprefix(BASELINE),
        "baseline_value": other[0] if len(other) else None,
        "ahead": found["value"],
        "ahead_low": found["low"],
        "ahead_high": found["high"],
    }


def _findings(
    own: pl.DataFrame,
    headlines: Mapping[str, tuple[Family, Collection[Heading]]],
    same: Collection[tuple[str, str]],
) -> list[Finding]:
    """The headlines of every probe, each with what it says when so many are looked at.

    Shifts are corrected among each other, and so are the changes that stand beside effects.
    """
    pooled = own.filter((pl.col("group") == "pooled") & pl.col("probe").is_in(list(headlines)))
    arms: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in pooled.iter_rows(named=True):
        arms.setdefault(_arm(row), {})[row["metric"]] = row
    chosen = [
        row
        for probe, (_, wanted) in headlines.items()
        for row in pooled.filter(pl.col("probe") == probe).iter_rows(named=True)
        if (row["mode"], row["arm"], row["metric"]) in wanted
        and not (row["metric"] == "price_ratio" and row["value"] is None)  # nothing is billed
    ]
    effects = (arms[_arm(row)] for row in chosen if row["metric"] == "effect")
    changes = [beside["excess_change"] for beside in effects if "excess_change" in beside]
    for row, p in zip(changes, corrected(changes), strict=True):
        row["p"] = p
    return [
        _finding(row, p, headlines[row["probe"]][0], arms[_arm(row)], same)
        for row, p in zip(chosen, corrected(chosen), strict=True)
    ]


def _arm(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["probe"], row["arm"], row["mode"], row["setting"]


def _finding(
    row: Mapping[str, Any],
    p: float | None,
    family: Family,
    beside: Mapping[str, Mapping[str, Any]],
    same: Collection[tuple[str, str]],
) -> Finding:
    always = family in STEADY and (row["mode"], row["setting"]) in same
    return Finding(
        family=family,
        excess=beside.get("excess_change", {}).get("value"),
        words=finding_words(row, p, beside, always),
        **{name: row[name] for name in ("probe", "arm", "mode", "metric", *MEASURED)},
    )


def _same(judge: str, verdicts: pl.DataFrame) -> dict[tuple[str, str], str]:
    """By mode and setting, that a judge says the same about everything."""
    base = (pl.col("judge") == judge) & pl.col("probe").is_null() & (pl.col("repeat") == 0)
    read = verdicts.filter(base & pl.col("status").is_in(list(READABLE)))
    found = {}
    for (mode, setting), said in read.group_by("mode", "setting", maintain_order=True):
        verdict, count = said["verdict"].value_counts(sort=True).row(0)
        if len(said) >= FEWEST_IMAGES and count >= SAME_SHARE * len(said):
            found[str(mode), str(setting)] = (
                f"{mode}, {setting}: it says {verdict} about {count} of {len(said)} samples. That "
                "it repeats itself and that nothing moves it is then no merit"
            )
    return found


def _unreadable(judge: str, verdicts: pl.DataFrame) -> float | None:
    base = verdicts.filter((pl.col("judge") == judge) & pl.col("probe").is_null())
    asked = base.filter(pl.col("status") != "open")
    if asked.is_empty():
        return None
    return float(asked["status"].is_in(["unparsed", "refused", "failed"]).mean())  # type: ignore[arg-type]
