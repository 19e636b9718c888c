"""Which replicates end the interval of a mean whose samples lie askew.

Percentile intervals of such a mean lie too far on one side and, with few images, are too short.
Here the ends are other ordered replicates: those of BCa (Efron 1987) with z0 = a, as for every mean
(DiCiccio and Efron 1996), and Student's t with the n / (n - 1) of a variance in place of the normal
(Hesterberg 2015). That the number of samples varies too is left out.
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
    """A sixth of the skewness of a mean, and the images and groups that it is drawn from."""

    acceleration: float
    images: int
    groups: int

    def shares(self, level: float) -> tuple[float, float]:
        """The shares of replicates below the ends of an interval."""
        freedom = self.images - self.groups
        wide = math.sqrt(self.images / freedom) * float(t.ppf((1 + level) / 2, freedom))
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
        _lean([np.concatenate([pooled[at] for at in group]) for group in groups], sum(images)),
        _lean([alone[at] for at in named], sum(images[at] for at in named)),
        [_lean([own], size) for own, size in zip(alone, images, strict=True)],
    )


def _moves(value: Callable[[Floats], Floats], total: Floats, sums: Floats) -> Floats:
    return np.nan_to_num(value(total) - value(total - sums))


def _lean(moves: Moves, images: int) -> Lean | None:
    """Each group is drawn from by itself, so that only its images' differences count."""
    if images <= len(moves):
        return None
    apart = np.concatenate([own - own.mean() for own in moves])
    spread = float((apart**2).sum())
    acceleration = float((apart**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    return Lean(acceleration, images, len(moves))
