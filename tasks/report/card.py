"""The judge card: what one judge can be trusted with, on one page that compares over nights.

Everything on it is an estimate of the run; nothing is computed here but the words. A card is equal
for equal tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from scipy.stats import false_discovery_control, norm

from tasks.probes.kinds import Family
from tasks.report.card_records import Card, Finding, Trust

Heading = tuple[str, str | None, str]  # mode, arm, measure
WIDE = 0.02  # of limits, to be said on the card
FEWEST_IMAGES = 10  # for a finding to be called seen
BASELINE = "baseline:"
TITLES: Mapping[Family, str] = {
    "bias": "What moves it that should not",
    "hallucination": "What it sees and what it makes up",
    "consistency": "Whether it says the same again",
    "remedy": "What helps",
}
SHIFTS = frozenset({  # measures whose zero is "no effect"
    "effect", "excess_change", "raised", "captured", "loss_shift", "unreadable_shift",
    "effect_spread", "first_preference", "first_slot_lift", "copy_rate", "slot_correlation",
    "excess_flip", "excess_reordering", "excess_distance", "first_listed_shift", "anchor_slope",
    "self_preference", "agreement_lost", "effect_slope",
    "agreement_shift", "noise_shift", "conflict_excess", "wording_range",
})  # fmt: skip


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
                findings=tuple(_findings(own, headlines)),
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
                **{k: row[k] for k in ("mode", "setting", "metric", "value", "low", "high")},
                n=row["n"],
                n_missing=row["n_missing"],
                words=_against(found),
                **_beside(found, of_mode),
            )


def _beside(found: Mapping[str, Any] | None, of_mode: pl.DataFrame) -> dict[str, Any]:
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


def _against(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None or found["low"] is None:
        return "no comparison with a baseline"
    if found["low"] > 0:
        return "better than the best baseline"
    if found["high"] < 0:
        return "worse than the best baseline, which needs no judge"
    return "not told apart from the best baseline, which needs no judge"


def _findings(
    own: pl.DataFrame, headlines: Mapping[str, tuple[Family, Collection[Heading]]]
) -> list[Finding]:
    """The headlines of every probe, each with what it says when so many are looked at."""
    pooled = own.filter(pl.col("group") == "pooled")
    excess = {
        (row["probe"], row["arm"], row["mode"]): row["value"]
        for row in pooled.filter(pl.col("metric") == "excess_change").iter_rows(named=True)
    }
    chosen: list[tuple[Family, dict[str, Any]]] = []
    for probe, (family, wanted) in headlines.items():
        rows = pooled.filter(pl.col("probe") == probe).iter_rows(named=True)
        chosen += [
            (family, row)
            for row in rows
            if (row["mode"], row["arm"], row["metric"]) in wanted
            and not (row["metric"] == "price_ratio" and row["value"] is None)  # nothing is billed
        ]
    corrected = _corrected([row for _, row in chosen])
    kept = ("probe", "arm", "mode", "metric", "value", "low", "high", "n", "n_missing")
    return [
        Finding(
            family=family,
            excess=excess.get((row["probe"], row["arm"], row["mode"])),
            words=_words(row, p),
            **{name: row[name] for name in kept},
        )
        for (family, row), p in zip(chosen, corrected, strict=True)
    ]


def _corrected(rows: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """The p of no effect of each shift, corrected for all of them (Benjamini and Hochberg 1995).

    From the interval, taken as that of a normal estimate.
    """
    tested = [
        at
        for at, row in enumerate(rows)
        if row["metric"] in SHIFTS and row["low"] is not None and row["high"] > row["low"]
    ]
    found: list[float | None] = [None] * len(rows)
    if tested:
        errors = [
            (rows[at]["high"] - rows[at]["low"]) / 2 / norm.ppf((1 + rows[at]["level"]) / 2)
            for at in tested
        ]
        z = [abs(rows[at]["value"]) / error for at, error in zip(tested, errors, strict=True)]
        for at, p in zip(tested, false_discovery_control(2 * norm.sf(z)), strict=True):
            found[at] = float(p)
    return found


def _words(row: Mapping[str, Any], p: float | None) -> str:
    if row["value"] is None:
        return str(row["note"] or "not defined")
    if row["metric"] not in SHIFTS:
        return "; ".join(part for part in (row["note"], _unknown(row)) if part)
    if row["low"] is None:
        return "no interval"
    if row["clusters"] < FEWEST_IMAGES and row["metric"] != "self_preference":  # of responders
        return f"{row['clusters']} images are too few to say"
    one_sided = row["metric"].startswith("excess_")  # less than noise is noise
    if row["low"] <= 0 <= row["high"] or (one_sided and row["high"] < 0):
        return f"not seen; at most {max(abs(row['low']), abs(row['high'])):.3f} either way"
    if p is not None and p > 1 - row["level"]:
        return "seen alone, not when all findings are looked at together"
    return "seen"


def _unknown(row: Mapping[str, Any]) -> str:
    """What the value could be if what is missing or undecided were known, where that is much."""
    low, high = row["bound_low"], row["bound_high"]
    if low is None or high is None or high - low < WIDE:
        return ""
    return f"{low:.3f} to {high:.3f} if all were known"


def _unreadable(judge: str, verdicts: pl.DataFrame) -> float | None:
    base = verdicts.filter((pl.col("judge") == judge) & pl.col("probe").is_null())
    asked = base.filter(pl.col("status") != "open")
    if asked.is_empty():
        return None
    return float(asked["status"].is_in(["unparsed", "refused", "failed"]).mean())  # type: ignore[arg-type]
