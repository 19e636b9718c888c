"""Psychometric functions: how the share of right choices between two grows with the error.

P(right) = 1/2 + (1/2 - lapse) F(log2 dose), F logistic: the guess rate of a choice between two is
known, the lapse rate lies between 0 and `MOST_LAPSES`. The threshold is the dose at which P(right)
is 3/4, lapses included. Source of the form and of free lapses: Wichmann and Hill (2001), The
psychometric function I, Perception & Psychophysics 63.

The likelihood is taken at every point of a grid of threshold, spread and lapses, so that its
maximum cannot be missed. Intervals are those of the profile likelihood, widened where the answers
to one picture are more alike than independent ones. A bootstrap is no use here: a steadfast judge
answers every picture alike, all replicates are equal, and the interval between two doses, in which
its threshold must lie, would have no width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tasks.measures.kinds import Floats, Ints

TARGET, GUESS = 0.75, 0.5
MOST_LAPSES = 0.1
BEYOND, STEP = 3.0, 1 / 32  # octaves: of the grid beyond the doses, and from point to point
SPREADS = np.geomspace(0.04, 2.0, 17)  # octaves of the logistic function's scale
LAPSES = np.linspace(0.0, MOST_LAPSES, 6)
RISE = 2 * np.log(3)  # from F = 1/4 to 3/4 in scales


@dataclass(frozen=True)
class Fitted:
    """A parameter's estimate with its interval; an end that the grid cuts off is `None`."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Curve:
    """A fitted function: threshold in the doses' unit, rise in octaves, P(right) at each dose.

    `fit_p` is the p of the deviance, `None` with two doses or fewer; `design` how much more the
    answers vary than independent ones with the same chances, at least 1.
    """

    threshold: Fitted
    rise: Fitted
    lapse: Fitted
    at_doses: Floats
    fit_p: float | None
    design: float


def fitted(doses: Sequence[float], right: Floats, total: Floats, level: float) -> Curve:
    """The curve of maximum likelihood.

    Args:
        doses: D growing doses.
        right: right choices by picture and dose, shape (C, D); a tie is half of one.
        total: choices by picture and dose.
        level: of the intervals.

    Raises:
        ValueError: a dose that nobody was asked about.
    """
    if not total.sum(0).all():
        raise ValueError("every dose of a psychometric function needs answers")
    grid = _grid(tuple(doses))
    likelihood = grid.likelihood(right.sum(0), total.sum(0))
    best = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
    at_doses, slopes = grid.chance[best], grid.slope(best)
    design = _design(right, total, at_doses, slopes)
    drop = design * _quantile(level, len(total)) / 2
    thresholds, rises, lapses = (
        _profiled(axis, likelihood.max(axis=others), drop)
        for axis, others in (
            (grid.thresholds, (1, 2)), (np.log2(SPREADS), (0, 2)), (LAPSES, (0, 1)),
        )
    )  # fmt: skip
    return Curve(
        threshold=_raised(thresholds, 1.0),
        rise=_raised(rises, float(RISE)),
        lapse=_ended(lapses),
        at_doses=at_doses,
        fit_p=_deviance_p(right.sum(0), total.sum(0), at_doses, design),
        design=design,
    )


@dataclass(frozen=True)
class _Grid:
    """P(right) at every point (threshold, spread, lapses) and dose."""

    thresholds: Floats
    chance: Floats
    _log_right: Floats
    _log_wrong: Floats

    def likelihood(self, right: Floats, total: Floats) -> Floats:
        """The log-likelihood at every point."""
        found = self._log_right @ right + self._log_wrong @ (total - right)
        return np.asarray(found.reshape(self.chance.shape[:3]))

    def slope(self, at: tuple[np.intp, ...]) -> Floats:
        """The derivative of P(right) with respect to the log threshold."""
        low, high = max(int(at[0]) - 1, 0), min(int(at[0]) + 1, len(self.thresholds) - 1)
        rise = self.chance[high, at[1], at[2]] - self.chance[low, at[1], at[2]]
        return np.asarray(rise / (self.thresholds[high] - self.thresholds[low]))


@lru_cache(maxsize=16)
def _grid(doses: tuple[float, ...]) -> _Grid:
    logs = np.log2(np.array(doses, dtype=np.float64))
    thresholds = np.arange(logs[0] - BEYOND, logs[-1] + BEYOND, STEP)
    chance = chances(
        logs,
        thresholds[:, None, None, None],
        SPREADS[None, :, None, None],
        LAPSES[None, None, :, None],
    )
    flat = np.clip(chance, 1e-9, 1 - 1e-9).reshape(-1, len(doses))
    return _Grid(thresholds, chance, np.log(flat), np.log1p(-flat))


def chances(logs: Floats, threshold: Floats, spread: Floats, lapse: Floats) -> Floats:
    """P(right) at log2 doses, for a log2 threshold, a spread in octaves and a lapse rate."""
    share = (TARGET - GUESS) / (1 - GUESS - lapse)  # F at the threshold
    z = (logs - threshold) / spread + np.log(share / (1 - share))
    return np.asarray(GUESS + (1 - GUESS - lapse) / (1 + np.exp(-np.clip(z, -500, 500))))


def _design(right: Floats, total: Floats, chance: Floats, slope: Floats) -> float:
    """The variance of the pictures' scores over that of independent answers, at least 1.

    Source: the ratio of sandwich and model variance, as in Kent (1982), Biometrika 69.
    """
    pictures = len(total)
    noise = np.clip(chance * (1 - chance), 1e-9, None)
    expected = float((total.sum(0) * slope**2 / noise).sum())
    if pictures < 2 or expected < 1e-12:
        return 1.0
    scores = (right - total * chance) @ (slope / noise)
    return max(1.0, float((scores**2).sum()) / expected * pictures / (pictures - 1))


def _quantile(level: float, pictures: int) -> float:
    """How far twice the log-likelihood may fall; F rather than chi-squared for few pictures."""
    from scipy import stats

    return float(stats.f.ppf(level, 1, max(pictures - 1, 1)))


def _deviance_p(right: Floats, total: Floats, chance: Floats, design: float) -> float | None:
    """P of a deviance as large, were the curve true; approximate, by chi-squared.

    A steep curve or one without lapses uses less than its three parameters, so that two are
    counted: too few curves are called unfit rather than too many.
    """
    from scipy import special, stats

    free = len(chance) - 2
    if free < 1:
        return None
    wrong = total - right
    by_dose = special.rel_entr(right, total * chance) + special.rel_entr(
        wrong, total * (1 - chance)
    )
    return float(stats.chi2.sf(2 * by_dose.sum() / design, free))


def _profiled(axis: Floats, profile: Floats, drop: float) -> Fitted:
    """The maximum of a profile, the middle of a level one, and where it has fallen by `drop`."""
    most = float(profile.max())
    top = np.flatnonzero(profile >= most - 1e-9).astype(np.int64)
    inside = np.flatnonzero(profile >= most - drop)
    first, last = int(inside[0]), int(inside[-1])
    ends = (
        None if first == 0 else _crossing(axis, profile, first, first - 1, most - drop),
        None if last == len(axis) - 1 else _crossing(axis, profile, last, last + 1, most - drop),
    )
    return Fitted(_vertex(axis, profile, top), *ends)


def _vertex(axis: Floats, profile: Floats, top: Ints) -> float:
    """The top of the parabola through the maximum and its neighbours."""
    middle = float((axis[top[0]] + axis[top[-1]]) / 2)
    at = int(top[0])
    if len(top) > 1 or at in (0, len(axis) - 1):
        return middle
    before, here, after = profile[at - 1 : at + 2]
    bend = before - 2 * here + after
    return middle + float((before - after) / (2 * bend) * (axis[at] - axis[at - 1]))


def _crossing(axis: Floats, profile: Floats, inner: int, outer: int, height: float) -> float:
    share = (profile[inner] - height) / (profile[inner] - profile[outer])
    return float(axis[inner] + share * (axis[outer] - axis[inner]))


def _raised(found: Fitted, factor: float) -> Fitted:
    """A parameter that the grid has in log2."""
    low, high = (None if end is None else factor * 2**end for end in (found.low, found.high))
    return Fitted(factor * 2**found.value, low, high)


def _ended(found: Fitted) -> Fitted:
    """Lapses, whose grid ends where they must."""
    low = 0.0 if found.low is None else found.low
    return Fitted(found.value, low, MOST_LAPSES if found.high is None else found.high)
