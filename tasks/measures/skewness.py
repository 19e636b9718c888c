"""Which replicates end the interval of a mean whose samples lie askew.

Percentile intervals of such a mean lie too far on one side and, with few images, are too short.
Here the ends are other ordered replicates: those of BCa (Efron 1987) with z0 = a, as for every mean
(DiCiccio and Efron 1996), and Student's t with the n / (n - 1) of a variance in place of the normal
(Hesterberg 2015), by group drawn from (Welch 1947). That the number of samples varies too is left
out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Measure
from tasks.measures.resampling import Stratum, cluster_sums, together

Moves = Sequence[Floats]  # by group drawn from: what a value loses without each image


class Lean(NamedTuple):
    """A sixth of a mean's skewness, its variance by that of replicates, its degrees of freedom."""

    acceleration: float
    wider: float
    freedom: float

    def shares(self, level: float) -> tuple[float, float]:
        """The shares of replicates below the ends of an interval."""
        wide = math.sqrt(self.wider) * float(t.ppf((1 + level) / 2, self.freedom))
        return self._share(-wide), self._share(wide)

    def _share(self, at: float) -> float:
        a = self.acceleration
        shrunk = 1 - a * (a + at)
        if shrunk <= 0:  # beyond every replicate
            return float(at > 0)
        return float(norm.cdf(a + (a + at) / shrunk))


class Leans(NamedTuple):
    """Of a measure pooled, as the mean over sources, and of each stratum; without, percentiles."""

    pooled: Lean | None
    macro: Lean | None
    layers: Sequence[Lean | None]


def leans(
    measure: Measure,
    value: Callable[[Floats], Floats],
    evidence: Evidence,
    layers: Sequence[Stratum],
    images: Sequence[int],
) -> Leans:
    """How a measure leans, from what it loses without each image; not at all unless `skewed`.

    `images` are those of each stratum that enter it.
    """
    if not measure.skewed:
        return Leans(None, None, [None] * len(layers))
    sums = [cluster_sums(layer, evidence.features).toarray() for layer in layers]
    total = np.sum([own.sum(0) for own in sums], axis=0)
    pooled = [_moves(value, total, own) for own in sums]
    alone = [_moves(value, own.sum(0), own) for own in sums]
    groups = together(images)
    named = [at for at, layer in enumerate(layers) if layer.source is not None and images[at]]
    return Leans(
        _lean(
            [np.concatenate([pooled[at] for at in group]) for group in groups],
            [sum(images[at] for at in group) for group in groups],
        ),
        _lean([alone[at] for at in named], [images[at] for at in named]),
        [_lean([own], [size]) for own, size in zip(alone, images, strict=True)],
    )


def _moves(value: Callable[[Floats], Floats], total: Floats, sums: Floats) -> Floats:
    return np.nan_to_num(value(total) - value(total - sums))


def _lean(moves: Moves, images: Sequence[int]) -> Lean | None:
    """Each group is drawn from by itself, so that only its images' differences count.

    Groups of one image show none. Degrees of freedom are Welch's and Satterthwaite's.
    """
    known = [(own - own.mean(), size) for own, size in zip(moves, images, strict=True) if size > 1]
    if not known:
        return None
    free = np.array([size - 1 for _, size in known], dtype=float)
    plain = np.array([float((own**2).sum()) for own, _ in known])
    spread = float(plain.sum())
    if spread <= 0:
        return Lean(0.0, 1.0, float(free.sum()))
    unbiased = plain * (free + 1) / free
    third = sum(float((own**3).sum()) for own, _ in known)
    freedom = float(unbiased.sum() ** 2 / (unbiased**2 / free).sum())
    return Lean(third / (6 * spread**1.5), float(unbiased.sum()) / spread, freedom)
