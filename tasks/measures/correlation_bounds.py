"""What a correlation could have been if every missing score were known.

The correlation of x with y is pseudoconcave in y wherever the two rise together, so that no rise by
one level of x at a time is left only at the highest value (Mangasarian 1965). Missing scores
may lie anywhere between the ends of the scale: the limits are never too narrow, and for whole
scores they are a little too wide. Where no missing scores could make the two rise together, the
upper limit is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.measures.bounds import bounds, less
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits

SWEEPS, STILL = 500, 1e-12


@dataclass(frozen=True)
class Places:
    """Columns of sums: how many samples, x, y, its squares, and the share of y that is missing."""

    count: int
    x: int
    y: int
    squares: int
    gap: int


def limits_of(*places: Places) -> Callable[..., Limits]:
    """The limits of one correlation, or of the first less the second, which vary on their own.

    The extremes of a missing y are those of the scale's ends, of its `gap` the share itself. Where
    nothing is missing, or nothing is counted, those of `tasks/measures/bounds.py`.
    """

    def found(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
        if evidence.extremes is None or not evidence.extremes[members].any():
            return bounds(value, evidence, members)
        given = np.asarray(evidence.features[members], dtype=np.float64)
        low, high = (given + evidence.extremes[members, case] for case in (0, 1))
        if not low[:, places[0].count].any():
            return bounds(value, evidence, members)
        each = [_limits(low, high, place) for place in places]
        return each[0] if len(each) == 1 else less(*each)

    return found


def _limits(low: Floats, high: Floats, places: Places) -> Limits:
    """The lowest and highest correlation of samples with what is missing at the scale's ends."""
    counted = low[:, places.count] > 0
    low, high = low[counted], high[counted]
    gap, missing = low[:, places.gap], low[:, places.gap] > 0
    least, most = _scale(low[missing], high[missing], places)
    levels, of = np.unique(low[:, places.x], return_inverse=True)
    known = np.asarray(np.bincount(of, low[:, places.y] - gap * least), np.float64)
    known_squares = float((low[:, places.squares] - gap * least**2).sum())
    gaps, counts = (np.asarray(np.bincount(of, w), np.float64) for w in (gap, np.ones(len(of))))
    ends = []
    for sign in (-1.0, 1.0):
        own = Levels(sign * levels, counts, known, known_squares, gaps, (least, most))
        end = own.highest()
        if end is None:
            return None, None
        ends.append(sign * end)
    return ends[0], ends[1]


def _scale(low: Floats, high: Floats, places: Places) -> tuple[float, float]:
    """The ends of the scale, from what they do to y and to its squares."""
    if not len(low):
        return 0.0, 0.0
    difference = high[0] - low[0]
    length = difference[places.y] / low[0][places.gap]
    middle = difference[places.squares] / difference[places.y] / 2
    return float(middle - length / 2), float(middle + length / 2)


@dataclass(frozen=True)
class Levels:
    """Sums by level of x: samples, known y, and the share of y that is missing.

    Of missing values at one level equal ones leave the least variance, so one value a level will
    do; `ends` are those of the scale.
    """

    x: Floats
    counts: Floats
    known: Floats
    squares: float
    gaps: Floats
    ends: tuple[float, float]

    def highest(self) -> float | None:
        """The highest correlation; `None` where it is not defined."""
        z = np.where(self._away > 0, self.ends[1], self.ends[0])
        if self.gaps.any() and self._away @ (self.known + self.gaps * z) <= 0:
            return 0.0
        best = self._value(z)
        for _ in range(SWEEPS if np.isfinite(best) else 0):
            before = best
            z, best = self._swept(z, best)
            if best - before <= STILL:
                break
        return best if np.isfinite(best) else None

    @cached_property
    def _away(self) -> Floats:
        return np.asarray(self.x - (self.counts * self.x).sum() / max(self.counts.sum(), 1.0))

    def _value(self, z: Floats) -> float:
        n = self.counts.sum()
        total = self.known.sum() + self.gaps @ z
        variance = self.squares + self.gaps @ z**2 - total**2 / n
        spread = float((self.counts * self._away**2).sum())
        if variance <= 1e-9 * n or spread <= 0:
            return -np.inf
        return float(self._away @ (self.known + self.gaps * z) / np.sqrt(spread * variance))

    def _swept(self, z: Floats, best: float) -> tuple[Floats, float]:
        """Each level in turn at its best value, the others as they are."""
        for at in np.flatnonzero(self.gaps).tolist():
            for value in (*self.ends, self._turning(at, z)):
                tried = z.copy()
                tried[at] = np.clip(value, *self.ends)
                if (new := self._value(tried)) > best:
                    z, best = tried, new
        return z, best

    def _turning(self, at: int, z: Floats) -> float:
        """Where the correlation has its turning point along one level."""
        rest, n, gap = z.copy(), self.counts.sum(), self.gaps[at]
        rest[at] = 0.0
        across, slope = self._away @ (self.known + self.gaps * rest), self._away[at] * gap
        total = self.known.sum() + self.gaps @ rest
        constant = self.squares + self.gaps @ rest**2 - total**2 / n
        linear, quadratic = -2 * total * gap / n, gap - gap**2 / n
        below = across * quadratic - slope * linear / 2
        return float((slope * constant - across * linear / 2) / below) if below else 0.0
