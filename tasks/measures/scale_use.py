"""How scores move on the scale when only the prompt around them changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from tasks.measures.kinds import Columns, Floats, Measure, ratio

Draws = Sequence[str | None]
COLUMNS = ("n", "listed", "both", "cross", "within")


def features(base: Draws, arm: Draws, listed: float | None) -> tuple[float, ...]:
    """The sums' columns of one sample; `listed` is the score that the arm's rubric lists first."""
    before = [float(verdict) for verdict in base if verdict is not None]
    after = [float(verdict) for verdict in arm if verdict is not None]
    found = dict.fromkeys(COLUMNS, 0.0)
    if before and after and listed is not None:
        shares = [sum(score == listed for score in side) / len(side) for side in (before, after)]
        found |= {"n": 1.0, "listed": shares[1] - shares[0]}
    if len(before) > 1 and len(after) > 1:
        found |= {
            "both": 1.0,
            "cross": _mean([abs(x - y) for x, y in product(before, after)]),
            "within": (_spread(before) + _spread(after)) / 2,
        }
    return tuple(found.values())


def _spread(scores: Sequence[float]) -> float:
    return _mean([abs(x - y) for x, y in combinations(scores, 2)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _column(sums: Floats, name: str) -> Floats:
    return sums[..., COLUMNS.index(name)]


def excess_distance(sums: Floats, columns: Columns) -> Floats:
    """Mean absolute change of the score in points, beyond the repeats of both arms.

    The mean |arm - base| less the mean of that between two base answers and between two answers
    of the arm (an energy distance); 0 is no change of the scores' distribution.
    """
    return ratio(_column(sums, "cross") - _column(sums, "within"), _column(sums, "both"))


def first_listed_shift(sums: Floats, columns: Columns) -> Floats:
    """How much oftener the score is given that the changed rubric lists first.

    P(it under the change) - P(the same score as asked at first); above zero the judge prefers the
    first option of a list.
    """
    return ratio(_column(sums, "listed"), _column(sums, "n"))


MEASURES = (
    Measure("excess_distance", "score", "neither", excess_distance, bounded=False),
    Measure("first_listed_shift", "score", "neither", first_listed_shift, bounded=False),
)
