"""A probe's arms as other ways of judging the same samples: agreement and price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import Mode
from tasks.measures import side_by_side
from tasks.measures.labels import label_verdicts
from tasks.probes.cascade import handed_over
from tasks.probes.contrasts import Arm
from tasks.probes.kinds import Bill, Found
from tasks.probes.rows import Cell, Counted, Counting, counted


def agreements(probe: str, mode: Mode, found: Found, arms: Sequence[Arm]) -> pl.DataFrame:
    """Every arm's primary agreement measure beside that of the base answers, and the change."""
    measures = side_by_side.AGREEMENT
    ends = float(found.scale.low), float(found.scale.high)
    each = [Counting(_agreeing(mode, ends, arm), measures, arm.name) for arm in arms]
    return counted(probe, mode, found, each)


def prices(
    probe: str, mode: Mode, found: Found, arms: Sequence[Arm], *, cascade: bool = False
) -> pl.DataFrame:
    """What a judgement costs under every arm, beside a plain one."""
    measures = (*side_by_side.COST, *side_by_side.CASCADE) if cascade else side_by_side.COST
    each = [Counting(_costing(found, arm), measures, arm.name) for arm in arms]
    return counted(probe, mode, found, each)


def both_ways(cells: Sequence[Cell], arm: Arm) -> tuple[list[Cell], list[Cell]]:
    """The cells of an arm's control and those of the arm."""
    plain = [cell for cell in cells if arm.control(cell.variant)]
    return plain, [cell for cell in cells if arm.treated(cell.variant)]


def _agreeing(
    mode: Mode, ends: tuple[float, float], arm: Arm
) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        labels = label_verdicts(row)
        plain, changed = both_ways(cells, arm)
        if not labels or not plain or not changed:
            return Counted(None, asked=False)
        asked = [[c.verdict for c in way if not c.open] for way in (plain, changed)]
        if not all(asked):  # not answered yet is no refusal
            return Counted(None, answered=False)
        gaps = any(None in way for way in asked)
        limits = side_by_side.limits(mode, labels, asked, ends) if gaps else None
        ways = [[verdict for verdict in way if verdict is not None] for way in asked]
        if not all(ways):
            return Counted(None, limits, answered=False)
        before, after = (side_by_side.side(mode, labels, way) for way in ways)
        return Counted((*before, *after), limits)

    return count


def _costing(found: Found, arm: Arm) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        plain, changed = both_ways(cells, arm)
        if not plain or not changed:
            return Counted(None, asked=False)
        bills = [[_bill(found.bills, cell) for cell in way] for way in (plain, changed)]
        usd = [_mean(bill.usd for bill in way) for way in bills]
        tokens = [_mean(bill.tokens for bill in way) for way in bills]
        handed = handed_over(changed[0].variant)
        return Counted((1.0, *_known(usd), *_known(tokens), *handed))

    return count


def _bill(bills: Mapping[str, Bill], cell: Cell) -> Bill:
    """The bill of all requests that a cell's verdict stands on."""
    keys = (cell.request_key or "").split()
    each = [bills.get(key, Bill(None, None)) for key in keys] or [Bill(None, None)]
    usd, tokens = [bill.usd for bill in each], [bill.tokens for bill in each]
    return Bill(_sum(usd), _sum(tokens))


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; an answer that never came has no bill."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _known(values: Sequence[float | None]) -> tuple[float, float, float]:
    """Both values and 0, or nothing and 1 where one is unknown."""
    before, after = values
    return (0.0, 0.0, 1.0) if before is None or after is None else (before, after, 0.0)
