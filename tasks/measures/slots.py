"""Order of a ranking: the same responses shown under every rotation, each asked some times.

Draws are rankings in own order, `None` where an answer has no readable one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product

from data.records import LETTERS
from tasks.measures.batch import features as ranking_features
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

Draws = Sequence[str | None]
COLUMNS = (
    "n", "lift", "copy", "slot", "pairs", "tau", "both", "cross", "within", "all", "unread",
)  # fmt: skip


def features(rankings: Mapping[tuple[int, ...], Draws]) -> tuple[float, ...]:
    """The sums' columns for one sample's rankings (own order) by the order shown."""
    size = len(next(iter(rankings)))
    answers = [verdict for draws in rankings.values() for verdict in draws]
    found = dict.fromkeys(COLUMNS, 0.0)
    found |= {"all": 1.0, "unread": sum(verdict is None for verdict in answers) / len(answers)}
    read = {shown: _readable(draws) for shown, draws in rankings.items()}
    if all(read.values()) and len(read) == size:
        found |= _ranked(size, read)
    return tuple(found.values())


def _ranked(size: int, read: Mapping[tuple[int, ...], Sequence[str]]) -> dict[str, float]:
    given = [(shown, _mean_over(shown, draws)) for shown, draws in read.items()]
    first, copied, slot = (_mean([values[at] for _, values in given]) for at in range(3))
    between = [_distance(x, y) for x, y in combinations(read.values(), 2)]
    found = {
        "n": 1.0,
        "lift": first - 1 / size,
        "copy": copied - 1 / math.factorial(size),
        "slot": slot,
        "pairs": float(bool(between)),
        "tau": 1 - 2 * _mean(between),
    }
    if all(len(draws) > 1 for draws in read.values()):
        within = [ _mean([(1 - _tau(x, y)) / 2 for x, y in combinations(draws, 2)])
                   for draws in read.values() ]  # fmt: skip
        found |= {"both": 1.0, "cross": _mean(between), "within": _mean(within)}
    return found


def _mean_over(shown: Sequence[int], draws: Sequence[str]) -> tuple[float, float, float]:
    """Of rankings under one order shown: P(first slot best), P(copied), slot correlation."""
    order = "".join(LETTERS[own] for own in shown)
    size = len(order)
    most = size * (size**2 - 1) / 6  # of the summed squared differences of Spearman's formula
    squares = [
        sum((place - ranked.index(letter)) ** 2 for place, letter in enumerate(order))
        for ranked in draws
    ]
    return (
        _mean([ranked[0] == order[0] for ranked in draws]),
        _mean([ranked == order for ranked in draws]),
        1 - _mean(squares) / most,
    )


def limits(rankings: Mapping[tuple[int, ...], Draws]) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if every missing ranking were at one end, then at the other.

    Lift, copies and slots: against the order shown, then like it, which is exact. Of two rankings
    of which one is missing the distance is 1, then 0, between orders, and the other way round
    between repeats, whether or not one ranking could give them all: never too narrow.
    """
    given = features(rankings)
    size = len(next(iter(rankings)))
    if len(rankings) < size:  # an order has no answer yet
        return ((0.0,) * len(COLUMNS),) * 2
    return tuple(
        tuple(filled.get(name, old) - old for name, old in zip(COLUMNS, given, strict=True))
        for filled in (_filled(size, rankings, up) for up in (False, True))
    )


def _filled(size: int, rankings: Mapping[tuple[int, ...], Draws], up: bool) -> dict[str, float]:
    ends = [_ends(shown, draws, up) for shown, draws in rankings.items()]
    first, copied, slot = (_mean([values[at] for values in ends]) for at in range(3))
    gap = 0.0 if up else 1.0
    pairs = list(combinations(rankings.values(), 2))
    between = [_mean([_apart(x, y, gap) for x, y in product(*both)]) for both in pairs]
    found = {
        "n": 1.0,
        "lift": first - 1 / size,
        "copy": copied - 1 / math.factorial(size),
        "slot": slot,
        "pairs": float(bool(between)),
        "tau": 1 - 2 * _mean(between),
    }
    if all(len(draws) > 1 for draws in rankings.values()):
        within = [
            _mean([_apart(x, y, 1 - gap) for x, y in combinations(draws, 2)])
            for draws in rankings.values()
        ]
        found |= {"both": 1.0, "cross": _mean(between), "within": _mean(within)}
    return found


def _ends(shown: Sequence[int], draws: Draws, up: bool) -> tuple[float, float, float]:
    """As of `_mean_over`, with each missing ranking the order shown or its reverse."""
    order = "".join(LETTERS[own] for own in shown)
    end = order if up else order[::-1]
    return _mean_over(shown, [end if ranked is None else ranked for ranked in draws])


def _apart(x: str | None, y: str | None, gap: float) -> float:
    return gap if x is None or y is None else (1 - _tau(x, y)) / 2


def _distance(xs: Sequence[str], ys: Sequence[str]) -> float:
    return _mean([(1 - _tau(x, y)) / 2 for x, y in product(xs, ys)])


def _tau(x: str, y: str) -> float:
    return float(ranking_features(x, y)[2])


def _readable(draws: Draws) -> list[str]:
    return [verdict for verdict in draws if verdict is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _column(sums: Floats, name: str) -> Floats:
    return sums[..., COLUMNS.index(name)]


def first_slot_lift(sums: Floats, columns: Columns) -> Floats:
    """P(the response in the first slot is ranked best) - 1/k, over the rotations of a sample.

    Each response stands in each slot once, so that quality cancels.
    """
    return ratio(_column(sums, "lift"), _column(sums, "n"))


def slot_correlation(sums: Floats, columns: Columns) -> Floats:
    """Mean Spearman correlation of a response's slot and its rank, over the rotations of a sample.

    1 is the order shown repeated, -1 its reverse; quality cancels, as each response stands in each
    slot once.
    """
    return ratio(_column(sums, "slot"), _column(sums, "n"))


def copy_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings that repeat the order shown, minus the 1/k! of chance."""
    return ratio(_column(sums, "copy"), _column(sums, "n"))


def order_tau(sums: Floats, columns: Columns) -> Floats:
    """Mean Kendall tau between a sample's rankings under different orders shown."""
    return ratio(_column(sums, "tau"), _column(sums, "pairs"))


def excess_reordering(sums: Floats, columns: Columns) -> Floats:
    """Mean Kendall distance between rankings under two orders, beyond the repeats of each order.

    The share of response pairs that change places; 0 is no change. Undefined without repeats.
    """
    return ratio(_column(sums, "cross") - _column(sums, "within"), _column(sums, "both"))


def batch_unreadable(sums: Floats, columns: Columns) -> Floats:
    """Share of the answers under all rotations of a sample that have no readable ranking."""
    return ratio(_column(sums, "unread"), _column(sums, "all"))


PAIRS, BOTH, ALL = ((part(COLUMNS, name),) for name in ("pairs", "both", "all"))
MEASURES = (
    Measure("first_slot_lift", "batch", "neither", first_slot_lift),
    Measure("slot_correlation", "batch", "neither", slot_correlation),
    Measure("copy_rate", "batch", "lower", copy_rate),
    Measure("order_tau", "batch", "higher", order_tau, of=PAIRS),
    Measure("excess_reordering", "batch", "lower", excess_reordering, of=BOTH, skewed=True),
    Measure(
        "batch_unreadable", "batch", "lower", batch_unreadable, bounded=False, of=ALL, certain=True
    ),
)
