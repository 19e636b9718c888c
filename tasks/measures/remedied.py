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


def limits(ways: Sequence[Sequence[str | None]]) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if what is missing spoke for one place: exact.

    `ways` are the answers as it is and turned, without the remedy and with it. At first for the
    first shown without it and the second with it, then the other way round.
    """
    read = [[verdict for verdict in way if verdict is not None] for way in ways]
    given = (1.0, first_over_second(*read[:2]), first_over_second(*read[2:])) if all(read) else None
    found = []
    for first in (True, False):
        plain = _filled(ways[0], ways[1], first), _filled(ways[2], ways[3], not first)
        new = 1.0, *(first_over_second(*both) for both in plain)
        found.append(tuple(n - o for n, o in zip(new, given or (0.0,) * 3, strict=True)))
    return tuple(found)


def _filled(
    as_is: Sequence[str | None], turned: Sequence[str | None], first: bool
) -> tuple[list[str], list[str]]:
    """Both orders with what is missing in favour of the first shown, or of the second."""
    ends = ("A", "B") if first else ("B", "A")
    return [v or ends[0] for v in as_is], [v or ends[1] for v in turned]


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
    Measure("order_effect_plain", "pair", "neither", order_effect_plain),
    Measure("order_effect_changed", "pair", "neither", order_effect_changed),
    Measure("order_effect_shift", "pair", "neither", order_effect_shift),
)
