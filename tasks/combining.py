"""Remedies as ways to run: judges whose verdicts stand on several answers.

* `both-orders:JUDGE`: pairs in both orders, rankings in every rotation, averaged;
* `cascade:NAME`: a cheap judge where it is sure, a strong judge, asked only then, for the rest.

They stand beside the judges they are made of, in all tables. What is asked for them beyond base
requests belongs to the pseudo-probes `both-orders` and `cascade`; a verdict's `request_key` holds
the keys of all its requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from data.records import READABLE, Sample
from data.schemas import VERDICTS
from data.tables import table
from tasks.combined_config import Cascade
from tasks.config import RunConfig
from tasks.probes.derived import (
    averaged,
    by_sample,
    derived_row,
    readable,
    sureness,
    together,
    told_likely,
)
from tasks.probes.kinds import Variant
from tasks.probes.order import rotation

BOTH_ORDERS, CASCADE = "both-orders", "cascade"
ASKING = (BOTH_ORDERS, CASCADE)  # pseudo-probes whose requests are the judges' own
Row = Mapping[str, Any]
WAITS = "its strong judge is still to be asked"
NOT_ASKED: Row = {"status": "open", "reason": WAITS, "request_key": None}
Base = tuple[str, str, int]  # sample, setting and repeat


class Decided(NamedTuple):
    """What a cascade's cheap judge says of a sample, whether it is sure, and its answers."""

    sure: bool
    verdict: str | None
    rows: Sequence[Row]


def both_orders_of(judge: str) -> str:
    """The name of a judge that is asked in every order."""
    return f"{BOTH_ORDERS}:{judge}"


def cascade_of(cascade: Cascade) -> str:
    """The name under which a cascade's verdicts stand."""
    return f"{CASCADE}:{cascade.name}"


def combined_of(config: RunConfig) -> dict[str, tuple[str, ...]]:
    """The combined judges of a configuration, each with those it is made of."""
    found: dict[str, tuple[str, ...]] = {}
    if config.both_orders:
        found = {both_orders_of(judge.name): (judge.name,) for judge in config.judges}
    made = {cascade_of(one): (one.cheap, one.strong.name) for one in config.cascades}
    return found | made


def judging(config: RunConfig) -> list[str]:
    """Everybody whose verdicts are measured, the combined judges last."""
    return [*(judge.name for judge in config.judges), *combined_of(config)]


def turned(sample: Sample) -> Iterator[Variant]:
    """The sample shown in its other orders."""
    size = len(sample.responses)
    for by in range(1, size):
        yield Variant.model_construct(
            variant=f"rotated-{by}", sample=sample, presented=rotation(size, by)
        )


def combined_verdicts(config: RunConfig, judged: pl.DataFrame) -> pl.DataFrame:
    """Verdict rows of every combined judge of a configuration.

    Args:
        config: says which there are.
        judged: verdict rows of everybody who was asked.
    """
    rows: list[Row] = []
    if config.both_orders:
        for judge in config.judges:
            rows += _both_orders(judged.filter(pl.col("judge") == judge.name), judge.name)
    for cascade in config.cascades:
        rows += _cascade(cascade, judged)
    return table(rows, VERDICTS)


def waiting(made: pl.DataFrame) -> int:
    """How many verdicts of combined judges wait for a question that is not planned yet."""
    return made.filter(pl.col("reason").str.ends_with(WAITS)).height


def decided(cascade: Cascade, judged: pl.DataFrame) -> Iterator[Decided]:
    """What the cheap judge of a cascade says of each of its samples, in each setting.

    It is sure from `sure` on, to three digits, as estimates are shown.
    """
    base = _base(judged.filter(pl.col("judge") == cascade.cheap))
    for _, group in base.group_by("setting", "mode", maintain_order=True):
        samples = list(by_sample(group))
        likely = told_likely(samples)
        for rows in samples:
            asked = rows[:1] if likely else rows
            said = readable(asked)
            verdict = together(asked[0]["mode"], said) if said else None
            sure = round(sureness(rows, likely), 3) >= round(cascade.sure, 3)
            yield Decided(sure, verdict, asked)


def unsure(cascade: Cascade, judged: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """The (setting, sample) that a cascade hands over; not those whose answers are open."""
    for one in decided(cascade, judged):
        if not one.sure and all(row["status"] != "open" for row in one.rows):
            yield one.rows[0]["setting"], one.rows[0]["sample_id"]


def _both_orders(own: pl.DataFrame, judge: str) -> Iterator[Row]:
    """For each repeat of a base request its answers in every order as one; all must be readable."""
    others = own.filter(pl.col("probe") == BOTH_ORDERS)
    orders: dict[Base, list[Row]] = {}
    for row in others.iter_rows(named=True):
        orders.setdefault(_key(row), []).append(row)
    for row in _base(own).iter_rows(named=True):
        if _key(row) in orders:
            parts = [row, *orders[_key(row)]]
            said = readable(parts)
            verdict = averaged(row["mode"], said) if len(said) == len(parts) else None
            yield _row(row, both_orders_of(judge), verdict, parts) | {"repeat": row["repeat"]}


def _cascade(cascade: Cascade, judged: pl.DataFrame) -> Iterator[Row]:
    strong = judged.filter(
        (pl.col("probe") == CASCADE)
        & (pl.col("variant") == cascade.name)
        & (pl.col("judge") == cascade.strong.name)
    )
    handed = {(row["setting"], row["sample_id"]): row for row in strong.iter_rows(named=True)}
    for one in decided(cascade, judged):
        like, verdict, parts = one.rows[0], one.verdict, list(one.rows)
        if not one.sure:
            owes = any(row["status"] == "open" for row in parts)  # before it can be handed over
            other = handed.get((like["setting"], like["sample_id"]), None if owes else NOT_ASKED)
            verdict = other["verdict"] if other and other["status"] in READABLE else None
            parts = [*([other] if other else []), *parts]  # the first one says why
        yield _row(like, cascade_of(cascade), verdict, parts)


def _row(like: Row, judge: str, verdict: str | None, parts: Sequence[Row]) -> dict[str, Any]:
    """A combined judge's row; without a verdict it says which of its answers has none, and why."""
    made = {**derived_row(like, "base", verdict, parts), "judge": judge}
    if verdict is None:
        lost = [part for part in parts if part["status"] not in READABLE]
        first = min(lost, key=lambda part: part["status"] != "open")
        made["status"] = first["status"]
        made["reason"] = f"a verdict that it stands on: {first['reason']}"
    return made


def _base(own: pl.DataFrame) -> pl.DataFrame:
    return own.filter(pl.col("probe").is_null() & (pl.col("variant") == "base"))


def _key(row: Row) -> Base:
    return row["sample_id"], row["setting"], row["repeat"]
