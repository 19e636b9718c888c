"""What a ratio could have been where missing verdicts decide whether samples enter it at all.

Each sample has a part that is in the sums and a part that may be. The ratio is highest where those
parts are in that lie above it, so that some of the parts that are highest by themselves make it
highest of all: exact for sums that can be had.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.measures.bounds import bounds, less
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits, ratio


@dataclass(frozen=True)
class Parts:
    """Columns of sums: above and below the line, and what of both may be left out."""

    above: int
    below: int
    maybe_above: int
    maybe_below: int


def limits_of(*parts: Parts) -> Callable[..., Limits]:
    """The limits of one ratio, or of the first less the second, which vary on their own.

    The extremes hold all that may be in, at its least and at its most. Where nothing is missing,
    the limits are those of `tasks/measures/bounds.py`.
    """

    def found(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
        if evidence.extremes is None or not evidence.extremes[members].any():
            return bounds(value, evidence, members)
        given = np.asarray(evidence.features[members], dtype=np.float64)
        ends = [given + evidence.extremes[members, case] for case in (0, 1)]
        each = [(-_highest(ends[0], own, -1.0), _highest(ends[1], own, 1.0)) for own in parts]
        told: list[Limits] = [
            (None if np.isnan(low) else low, None if np.isnan(high) else high) for low, high in each
        ]
        return told[0] if len(told) == 1 else less(*told)

    return found


def _highest(rows: Floats, own: Parts, sign: float) -> float:
    """The highest ratio times `sign` over what may be left out of each row; NaN without any."""
    above, below = rows[:, own.maybe_above], rows[:, own.maybe_below]
    free = below > 0
    above, below = above[free], below[free]
    order = np.argsort(-sign * above / below, kind="stable")
    tops = rows[:, own.above].sum() - above.sum() + np.cumsum([0.0, *above[order]])
    bottoms = rows[:, own.below].sum() - below.sum() + np.cumsum([0.0, *below[order]])
    values = sign * ratio(tops, bottoms)
    return float("nan") if np.isnan(values).all() else float(np.nanmax(values))
