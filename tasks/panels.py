"""Panels: several judges in one setting as a judge of its own, from verdicts already paid for.

* `panel:mean` and `panel:median` of scores;
* `panel:majority` of pair choices: no majority is a tie;
* `panel:borda` of rankings: by mean place, equal places in own order.

A panel has at least three judges. It speaks where more than half of them do; repeats of a judge are
combined first, so that every judge has one vote.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from data.records import READABLE, Mode
from data.schemas import VERDICTS
from data.tables import table
from tasks.baselines import PREFIX as BASELINE
from tasks.baselines import STATUS
from tasks.measures.labels import combined_choice, combined_score

PREFIX = "panel:"
FEWEST = 3
KEPT = ("sample_id", "item_id", "cluster_id", "mode", "source", "setting")
METHODS: dict[str, tuple[str, ...]] = {
    "score": ("mean", "median"),
    "pair": ("majority",),
    "batch": ("borda",),
}


def panel_verdicts(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Verdict rows of every panel that the base rows of a verdict table allow."""
    base = verdicts.filter(
        pl.col("probe").is_null()
        & (pl.col("variant") == "base")
        & ~pl.col("judge").str.starts_with(BASELINE)
    )
    rows: list[dict[str, Any]] = []
    for _, group in base.group_by(["mode", "setting"], maintain_order=True):
        judges = sorted(group["judge"].unique())
        if len(judges) >= FEWEST:
            rows += _rows(group, len(judges))
    return table(rows, VERDICTS)


def _rows(group: pl.DataFrame, judges: int) -> Iterator[dict[str, Any]]:
    first = group.unique("sample_id", keep="first", maintain_order=True)
    said = group.filter(pl.col("status").is_in(list(READABLE))).sort("judge", "repeat")
    votes: dict[str, dict[str, list[str]]] = {}
    for sample, judge, verdict in said.select("sample_id", "judge", "verdict").iter_rows():
        votes.setdefault(sample, {}).setdefault(judge, []).append(verdict)
    for row in first.select(KEPT).iter_rows(named=True):
        each = [_one(row["mode"], own) for own in votes.get(row["sample_id"], {}).values()]
        speaks = 2 * len(each) > judges
        for method in METHODS[row["mode"]]:
            yield row | {
                "judge": PREFIX + method,
                "variant": "base",
                "repeat": 0,
                "epoch": "base",
                "status": STATUS[row["mode"]] if speaks else "unparsed",
                "verdict": _together(method, each) if speaks else None,
                "reason": None if speaks else f"{len(each)} of {judges} judges are readable",
            }


def _one(mode: Mode, verdicts: Sequence[str]) -> str:
    """A judge's vote over its repeats."""
    if mode == "score":
        return f"{combined_score(verdicts):.9g}"
    return combined_choice(verdicts) if mode == "pair" else _borda(verdicts)


def _together(method: str, votes: Sequence[str]) -> str:
    if method == "mean":
        return f"{combined_score(votes):.9g}"
    if method == "median":
        return f"{statistics.median(map(float, votes)):.9g}"
    return combined_choice(votes) if method == "majority" else _borda(votes)


def _borda(rankings: Sequence[str]) -> str:
    places = {x: sum(ranking.index(x) for ranking in rankings) for x in rankings[0]}
    return "".join(sorted(places, key=lambda x: (places[x], x)))
