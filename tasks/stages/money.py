"""What a run was quoted and what it has cost: in all, and by judge, purpose, mode and probe."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import polars as pl

from data.ledger import charges, spent
from data.records import Usage
from data.run_record import parts_of
from tasks.quote import QuoteLine
from tasks.stages.context import Context

PART = ("judge", "purpose", "mode", "probe")


def quoted_parts(lines: Sequence[QuoteLine]) -> list[dict[str, Any]]:
    """A quote by part: requests to send, USD expected and at most; null where no price is known."""
    parts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in lines:
        key = tuple(getattr(line, name) for name in PART)
        nothing = {"to_send": 0, "expected_usd": 0.0, "max_usd": 0.0}
        part = parts.setdefault(key, {**dict(zip(PART, key, strict=True)), **nothing})
        part["to_send"] += line.requests - line.shared - line.cached
        for name in ("expected_usd", "max_usd"):
            more = getattr(line, name)
            known = part[name] is not None and more is not None
            part[name] = part[name] + more if known else None
    return list(parts.values())


def money(here: Context) -> dict[str, Any]:
    """What the run has cost so far, in USD, and what of it is not known."""
    paid = spent(here.run.path / "ledger")
    return {
        "usd": paid.usd,
        "unpriced_calls": paid.unpriced,
        "by_judge": paid.usd_by_judge,
        "calls_by_judge": paid.paid_by_judge,
        "input_tokens": paid.input_tokens,
        "output_tokens": paid.output_tokens,
        "perhaps_paid": paid.perhaps_paid,
        "by_part": by_part(here),
    }


def by_part(here: Context) -> list[dict[str, Any]]:
    """The quote of each part beside what it has cost; `calls` are those paid, or perhaps paid.

    A request that stands in several parts belongs to the first. `usd` leaves out calls of unknown
    price.
    """
    quoted = here.run.facts().get("quote_parts", {})
    parts = {_key(part): dict(part) for round_ in quoted.values() for part in round_}
    for part in parts.values():
        part.update(calls=0, usd=0.0)
    if not here.run.has("plan"):
        return list(parts.values())
    plan = here.run.table("plan").select("request_key", *PART).drop_nulls("request_key")
    belongs = {row[0]: row[1:] for row in plan.unique("request_key", keep="first").iter_rows()}
    for key, charge in charges(here.run.path / "ledger").items():
        own = parts.get(belongs.get(key, ()))
        if own is not None:
            own["calls"] += charge.calls
            own["usd"] += charge.usd
    return list(parts.values())


def usd_per_1000(here: Context) -> dict[str, dict[str, float | None]]:
    """What 1,000 base judgements cost at listed prices, by judge and mode; null where unknown.

    Of a combined judge every request counts that a verdict stands on.
    """
    usd = _usd_by_request(here)
    plan = here.run.table("plan").filter((pl.col("purpose") == "judge") & pl.col("probe").is_null())
    combined = list(parts_of(here.run.facts()))
    made = here.run.table("verdicts").filter(pl.col("judge").is_in(combined))
    sums: dict[str, dict[str, list[float | None]]] = {}
    for frame in (plan, made):
        rows = frame.select("judge", "mode", "request_key").drop_nulls("request_key")
        for judge, mode, keys in rows.iter_rows():
            each = keys.split()
            if all(key in usd for key in each):
                paid = [usd[key] for key in each]
                total = None if None in paid else sum(one or 0.0 for one in paid)
                sums.setdefault(judge, {}).setdefault(mode, []).append(total)
    return {
        judge: {mode: None if None in own else 1000 * fmean(one or 0.0 for one in own)
                for mode, own in of_mode.items()}
        for judge, of_mode in sums.items()
    }  # fmt: skip


def _usd_by_request(here: Context) -> dict[str, float | None]:
    """The list price of every answer by its request."""
    tokens = ["input_tokens", "output_tokens", "reasoning_tokens"]
    answers = here.run.table("answers").filter(pl.col("status") == "answered")
    found = {}
    for row in answers.select("request_key", "judge", *tokens).iter_rows(named=True):
        usage = Usage.model_construct(**{name: row[name] for name in tokens})
        found[row["request_key"]] = here.seats[row["judge"]].settle(usage)
    return found


def _key(part: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(part[name] for name in PART)


def told(cost: dict[str, Any]) -> list[dict[str, Any]]:
    """`by_part` for people: parts that were neither quoted nor paid are left out."""
    return [part for part in cost.get("by_part", []) if part["to_send"] or part["calls"]]
