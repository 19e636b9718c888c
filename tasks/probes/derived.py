"""Remedies that ask nothing new: verdicts made of verdicts, as rows beside those they are made of.

A derived row's `request_key` holds the keys of all the requests that it stands on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import READABLE, TIE, Mode
from data.schemas import VERDICTS
from data.tables import table
from tasks.baselines import STATUS
from tasks.measures.labels import combined_choice, combined_score
from tasks.panels import FEWEST, panel_verdicts

BOTH_ORDERS, SAMPLES, PANEL = "both-orders", "samples", "panel"
TURNED = "turned"
KEPT = ("sample_id", "item_id", "cluster_id", "mode", "source", "judge", "setting", "epoch")
METHOD = {"score": "panel:mean", "pair": "panel:majority", "batch": "panel:borda"}
Row = Mapping[str, Any]


def derived(base: pl.DataFrame, turned: pl.DataFrame) -> pl.DataFrame:
    """Rows of the variants `both-orders`, `samples` and `panel`.

    Args:
        base: base answers of judges, all their repeats.
        turned: answers to the same samples shown in other orders, whose variants begin `turned`.
    """
    rows = list(_samples(base))
    rows += _both_orders(base.filter(pl.col("repeat") == 0), turned)
    rows += _panel(base.filter(pl.col("repeat") == 0))
    return table(rows, VERDICTS)


def derived_row(like: Row, variant: str, verdict: str | None, parts: Sequence[Row]) -> Row:
    """A row of a verdict that stands on others; without a verdict it is unparsed."""
    return {name: like[name] for name in KEPT} | {
        "variant": variant,
        "repeat": 0,
        "status": STATUS[like["mode"]] if verdict is not None else "unparsed",
        "verdict": verdict,
        "reason": None if verdict is not None else "a verdict that it stands on is not readable",
        "request_key": " ".join(filter(None, (part["request_key"] for part in parts))) or None,
    }


def together(mode: Mode, verdicts: Sequence[str]) -> str:
    """One verdict of several: mean score, choice of more than half, order by mean place.

    Equal mean places stand as in the first ranking.
    """
    if mode == "score":
        return f"{combined_score(verdicts):.9g}"
    if mode == "pair":
        return combined_choice(verdicts)
    places = Counter[str]()
    for ranking in verdicts:
        places.update({letter: place for place, letter in enumerate(ranking)})
    return "".join(sorted(verdicts[0], key=lambda letter: places[letter]))


def averaged(mode: Mode, verdicts: Sequence[str]) -> str:
    """One verdict of a sample shown in several orders: opposite choices are a tie.

    A choice in one order and a tie in the other is the choice: its mean preference is above half.
    """
    if mode != "pair":
        return together(mode, verdicts)
    net = sum({"A": 1, "B": -1, TIE: 0}[verdict] for verdict in verdicts)
    return TIE if net == 0 else "A" if net > 0 else "B"


def by_sample(frame: pl.DataFrame) -> Iterator[list[Row]]:
    """The rows of each judge's samples, by repeat."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in frame.sort("repeat", maintain_order=True).iter_rows(named=True):
        found.setdefault((row["judge"], row["setting"], row["sample_id"]), []).append(row)
    yield from found.values()


def readable(rows: Sequence[Row]) -> list[str]:
    """The verdicts of the rows that have one."""
    return [row["verdict"] for row in rows if row["status"] in READABLE]


def told_likely(groups: Iterable[Sequence[Row]]) -> bool:
    """Whether a judge's first answers come with the probability of their verdicts."""
    return any(rows[0]["confidence"] is not None for rows in groups)


def sureness(rows: Sequence[Row], likely: bool) -> float:
    """How sure a judge is of a sample: -1 where nothing tells.

    The probability of its first verdict where its answers come with that (`likely`), else the share
    of several answers that say the same.
    """
    said = readable(rows[:1] if likely else rows)
    if likely:
        return float(rows[0]["confidence"] or -1.0) if said else -1.0
    return Counter(said).most_common(1)[0][1] / len(rows) if said and len(rows) > 1 else -1.0


def _samples(base: pl.DataFrame) -> Iterator[Row]:
    """The K answers of a judge as one; those without a verdict have no part in it."""
    for rows in by_sample(base):
        if len(rows) > 1:
            said = readable(rows)
            verdict = together(rows[0]["mode"], said) if said else None
            yield derived_row(rows[0], SAMPLES, verdict, rows)


def _both_orders(base: pl.DataFrame, turned: pl.DataFrame) -> Iterator[Row]:
    """A sample's answers in every order as one; all must be readable."""
    keys = ["judge", "setting", "sample_id"]
    first = base.join(turned.select(keys).unique(), on=keys, how="semi")
    for rows in by_sample(pl.concat([first, turned])):
        said = readable(rows)
        complete = len(said) == len(rows) > 1
        verdict = averaged(rows[0]["mode"], said) if complete else None
        yield derived_row(rows[0], BOTH_ORDERS, verdict, rows)


def _panel(base: pl.DataFrame) -> Iterator[Row]:
    """The panel's verdict as a row of each of its judges, so that it stands beside each alone."""
    if base["judge"].n_unique() < FEWEST:
        return
    said = {
        (row["setting"], row["sample_id"]): row["verdict"]
        for row in panel_verdicts(base).iter_rows(named=True)
        if row["judge"] == METHOD[row["mode"]]
    }
    judged: dict[tuple[str, str], list[Row]] = {}
    for row in base.iter_rows(named=True):
        judged.setdefault((row["setting"], row["sample_id"]), []).append(row)
    for key, rows in judged.items():
        if key in said:
            yield from (derived_row(row, PANEL, said[key], rows) for row in rows)
