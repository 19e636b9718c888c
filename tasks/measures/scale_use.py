"""How scores move on the scale when only the prompt around them changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from data.records import Scale
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

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


def limits(
    base: Draws, arm: Draws, listed: float | None, scale: Scale
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if missing scores spoke against, then for a change.

    Exact for the score listed first. Of two scores of which one is missing the distance is the
    least, then the most, between the arms, and the other way round within them: never too narrow.
    """
    given = features(base, arm, listed)
    return tuple(
        tuple(filled.get(name, old) - old for name, old in zip(COLUMNS, given, strict=True))
        for filled in (_filled(base, arm, listed, scale, up) for up in (False, True))
    )


def _filled(
    base: Draws, arm: Draws, listed: float | None, scale: Scale, up: bool
) -> dict[str, float]:
    found: dict[str, float] = {}
    if listed is not None:
        before = [not up if v is None else float(v) == listed for v in base]
        after = [up if v is None else float(v) == listed for v in arm]
        found |= {"n": 1.0, "listed": _mean(after) - _mean(before)}
    if len(base) > 1 and len(arm) > 1:
        within = (
            _mean([_apart(x, y, scale, not up) for x, y in combinations(draws, 2)])
            for draws in (base, arm)
        )
        found |= {
            "both": 1.0,
            "cross": _mean([_apart(x, y, scale, up) for x, y in product(base, arm)]),
            "within": sum(within) / 2,
        }
    return found


def _apart(x: str | None, y: str | None, scale: Scale, most: bool) -> float:
    """The distance of two scores, of missing ones the most or the least."""
    if x is not None and y is not None:
        return abs(float(x) - float(y))
    if not most:
        return 0.0
    known = x if x is not None else y
    if known is None:
        return float(scale.high - scale.low)
    return max(float(known) - scale.low, scale.high - float(known))


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
    Measure(
        "excess_distance", "score", "neither", excess_distance, of=(part(COLUMNS, "both"),),
        skewed=True,
    ),
    Measure(
        "first_listed_shift", "score", "neither", first_listed_shift, of=(part(COLUMNS, "n"),)
    ),
)  # fmt: skip
