"""Slopes over a series of doses: how far verdicts move per step, mildest dose first.

`base` are the draws of one sample without the change, `arms` those with each dose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from tasks.measures.imagery import Draws, mean, readable
from tasks.measures.kinds import Columns, Floats, Measure, ratio

SERIES = ("n", "change", "value")


def series_features(
    base: Draws,
    arms: Sequence[Draws],
    apart: Callable[[str, str], float],
    value: Callable[[str], float] | None,
) -> tuple[float, ...] | None:
    """The least-squares slopes of one sample over a series of doses, mildest first.

    Of the distance from its base verdicts, and of the value where there is one; `None` if a dose
    or the base has no readable verdict.
    """
    before, after = readable(base), [readable(draws) for draws in arms]
    if not before or not all(after):
        return None
    change = [mean([apart(b, a) for b, a in product(before, draws)]) for draws in after]
    worth = [0.0 if value is None else mean([value(v) for v in draws]) for draws in after]
    return 1.0, _slope(change), _slope(worth)


def series_limits(
    base: Draws,
    arms: Sequence[Draws],
    apart: Callable[[str, str], float],
    furthest: Callable[[str | None], float],
    value: Callable[[str], float] | None,
    ends: tuple[float, float],
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if missing draws made the slopes least, then greatest.

    `furthest` is how far from a verdict another can be, from `None` how far any two can. Exact for
    the value, whose `ends` are given. Of a distance every two draws take the end that serves: never
    too narrow.
    """
    given = series_features(base, arms, apart, value) or (0.0,) * len(SERIES)

    def distance(one: str | None, other: str | None, far: bool) -> float:
        if one is not None and other is not None:
            return apart(one, other)
        return furthest(other if one is None else one) if far else 0.0

    def worth(verdict: str | None, high: bool) -> float:
        assert value is not None
        return ends[high] if verdict is None else value(verdict)

    found = []
    for up in (False, True):
        rising = [(later > 0) == up for later in _steps(len(arms)).tolist()]
        change = [
            mean([distance(b, a, far) for b, a in product(base, draws)])
            for draws, far in zip(arms, rising, strict=True)
        ]
        worths = [
            0.0 if value is None else mean([worth(v, high) for v in draws])
            for draws, high in zip(arms, rising, strict=True)
        ]
        found.append((1.0, _slope(change), _slope(worths)))
    return tuple(tuple(new - old for new, old in zip(end, given, strict=True)) for end in found)


def _steps(size: int) -> Floats:
    """The doses' numbers, less their mean."""
    return np.arange(size, dtype=np.float64) - (size - 1) / 2


def _slope(values: Sequence[float]) -> float:
    """The rise per step, by least squares."""
    centred = _steps(len(values))
    return float(centred @ np.asarray(values) / (centred @ centred))


def change_slope(sums: Floats, columns: Columns) -> Floats:
    """Mean rise of the distance from the base verdict per step of a series of doses.

    In points for scores, in shares of changed verdicts for pairs; mildest dose first. A slope per
    sample by least squares, averaged. Noise that is the same at each dose cancels; what a dose adds
    to the noise counts, so it is no bias by itself: see `effect_slope` and `excess_change`.
    """
    return ratio(sums[..., SERIES.index("change")], sums[..., SERIES.index("n")])


def effect_slope(sums: Floats, columns: Columns) -> Floats:
    """Mean rise of the verdict's value per step of a series of doses, mildest first; signed.

    In points for scores, for pairs in the chance that the target is preferred.
    """
    return ratio(sums[..., SERIES.index("value")], sums[..., SERIES.index("n")])


CHANGE_SLOPE = Measure("change_slope", None, "lower", change_slope)
EFFECT_SLOPE = Measure("effect_slope", None, "neither", effect_slope)
MEASURES = (CHANGE_SLOPE, EFFECT_SLOPE)
