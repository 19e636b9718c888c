"""What `effect_spread` could have been if every missing verdict were known: never too narrow.

The variance between groups less its noise is a quadratic form of what the images add to their
groups, which may lie anywhere between two ends. From their middle the form moves by its slopes, up
by the means' own variance at most and down by the noise of what moved at most.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tasks.measures.bounds import bounds
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits


def spread_limits(groups: Callable[[int], int]) -> Callable[..., Limits]:
    """The limits of the spread; `groups` tells their number from the number of columns.

    The extremes hold the least and the most that every image could add. Where nothing is missing,
    the limits are those of `tasks/measures/bounds.py`.
    """

    def found(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
        if evidence.extremes is None or not evidence.extremes[members].any():
            return bounds(value, evidence, members)
        given = np.asarray(evidence.features[members], dtype=np.float64)
        size = groups(given.shape[1])
        low, high = (
            (given + evidence.extremes[members, case])[:, : 4 * size].reshape(-1, 4, size)
            for case in (0, 1)
        )
        count = low[:, 1]
        if ((count > 0).sum(0) > 1).sum() < 2:
            return None, None
        effects, twins = (_ends(count, low[:, which], high[:, which]) for which in (2, 3))
        return _root(effects[0] - twins[1]), _root(effects[1] - twins[0])

    return found


def _root(beyond: float) -> float:
    return float(np.sign(beyond) * np.sqrt(abs(beyond)))


def _ends(count: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """The least and the most variance of tables of images by group: numbers, and sums' two ends."""
    images, total = (count > 0).sum(0), np.maximum(count.sum(0), 1.0)
    share = (images > 1) / (images > 1).sum()
    between = np.diag(share) - np.outer(share, share)
    few = np.sqrt(np.where(images > 1, images / np.maximum(images - 1, 1), 0.0)) / total
    within = between * np.outer(few, few)
    middle, reach = (low + high) / 2, (high - low) / 2
    mean = middle.sum(0) / total
    apart = middle - count * mean
    noise = apart @ within
    at = float(mean @ between @ mean - (noise * apart).sum())
    slope = between @ mean / total - noise + (count * noise).sum(0) / total
    moved = 2 * float((np.abs(slope) * reach).sum())
    shift = reach.sum(0) / total
    alone = reach + count * shift
    up = moved + float(shift @ np.abs(between) @ shift)
    down = moved + float((alone @ np.abs(within) * alone).sum())
    return at - down, at + up
