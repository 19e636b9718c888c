"""What a remedy does to the preference for a place: both orders, with and without it."""

from __future__ import annotations

from collections.abc import Sequence

from data.records import TIE
from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "plain", "changed")
FIRST = {"A": 1.0, "B": -1.0, TIE: 0.0}


def first_over_second(as_is: Sequence[str], turned: Sequence[str]) -> float:
    """P(first shown wins) - P(second shown wins) of one pair, verdicts in own order."""
    own = sum(FIRST[verdict] for verdict in as_is) / len(as_is)
    other = -sum(FIRST[verdict] for verdict in turned) / len(turned)
    return (own + other) / 2


def order_effect_plain(sums: Floats, columns: Columns) -> Floats:
    """P(first shown wins) - P(second shown wins) without the remedy, the mean of both orders."""
    return ratio(sums[..., 1], sums[..., 0])


def order_effect_changed(sums: Floats, columns: Columns) -> Floats:
    """The same with the remedy, on the same pairs."""
    return ratio(sums[..., 2], sums[..., 0])


def order_effect_shift(sums: Floats, columns: Columns) -> Floats:
    """Change of the preference for the first shown; good where it brings it nearer to zero."""
    return order_effect_changed(sums, columns) - order_effect_plain(sums, columns)


MEASURES = (
    Measure("order_effect_plain", "pair", "neither", order_effect_plain, bounded=False),
    Measure("order_effect_changed", "pair", "neither", order_effect_changed, bounded=False),
    Measure("order_effect_shift", "pair", "neither", order_effect_shift, bounded=False),
)
