"""What an estimate could have been if every missing verdict were known.

A share is lowest and highest where each missing verdict is as wrong or as right as it can be. For
correlations and agreement coefficients the human's own value is not the best case, so the limits
are searched for over joint counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits
from tasks.measures.kinds import Value as Measured

PASSES = 6
MOST_LEVELS = 50  # of the judge, tried one by one for missing verdicts
Value = Callable[[Floats], Floats]


def bounds(value: Value, evidence: Evidence, members: Ints) -> Limits:
    """The lowest and highest value over what the missing verdicts of `members` could have been.

    In joint counts all missing verdicts of one human level are given one judge level, changed
    level by level until nothing improves: exact for shares and means, a search for the others.
    `(None, None)` where that cannot be said.
    """
    sums = evidence.total(members)
    missing = members[evidence.missing[members] == 1]
    if len(missing) == 0 and evidence.extremes is None:
        if evidence.gaps is not None and evidence.gaps[members].any():
            return None, None  # of samples that count, and nothing is said of what they could be
        found = float(value(sums))
        return (None, None) if np.isnan(found) else (found, found)
    if evidence.human is not None:
        counts = np.array([(evidence.human[missing] == h).sum() for h in evidence.columns.human])
        tried = _candidates(evidence.columns.human, evidence.columns.judge)
        low, high = (_searched(value, sums, counts, tried, sign) for sign in (-1.0, 1.0))
    elif evidence.extremes is not None:
        worst, best = (value(sums + evidence.extremes[members, case].sum(0)) for case in (0, 1))
        low, high = float(np.fmin(worst, best)), float(np.fmax(worst, best))
    else:
        return None, None
    return None if np.isnan(low) else low, None if np.isnan(high) else high


def less(one: Limits, other: Limits) -> Limits:
    """The limits of a difference, of two that vary on their own."""
    (low, high), (other_low, other_high) = one, other
    return (
        None if low is None or other_high is None else low - other_high,
        None if high is None or other_low is None else high - other_low,
    )


def difference(one: Measured, other: Measured) -> Callable[..., Limits]:
    """The limits of a measure that is one less another, which vary on their own: never too narrow.

    Where nothing is missing they are its value.
    """

    def found(value: Value, evidence: Evidence, members: Ints) -> Limits:
        def own(measured: Measured) -> Limits:
            return bounds(lambda sums: measured(sums, evidence.columns), evidence, members)

        return less(own(one), own(other))

    return found


def _candidates(human: Floats, judge: Floats) -> Ints:
    """The judge levels that missing verdicts may have: all, or on a fine scale the human's and 40.

    The ends of the scale and the human's own levels are among them, which is what the extremes of
    shares and means need.
    """
    if len(judge) <= MOST_LEVELS:
        return np.arange(len(judge))
    own = np.searchsorted(judge, human[np.isin(human, judge)])
    spread = np.linspace(0, len(judge) - 1, MOST_LEVELS - 10).round().astype(np.int64)
    return np.unique(np.concatenate([own[:10], spread]))


def _searched(value: Value, sums: Floats, counts: Ints, tried: Ints, sign: float) -> float:
    """The extreme value (`sign` 1: highest) over where the missing counts of each row go."""
    rows = len(counts)
    levels = len(sums) // rows
    table = sums.reshape(rows, levels)

    def valued(choices: Ints) -> Floats:
        filled = np.repeat(table[None], len(choices), axis=0)
        at = np.arange(len(choices))[:, None], np.arange(rows)[None, :], choices
        filled[at] += counts
        found = value(filled.reshape(len(choices), -1))
        return np.where(np.isnan(found), -np.inf, sign * found)

    slope = tried[np.linspace(0, len(tried) - 1, rows).round().astype(np.int64)]
    flat = np.repeat(tried[:, None], rows, axis=1)
    starts = np.concatenate([flat, slope[None], slope[None, ::-1]])
    scores = valued(starts)
    choice, best = starts[np.argmax(scores)].copy(), float(scores.max())
    for _ in range(PASSES):
        before = best
        for row in np.flatnonzero(counts):
            others = np.repeat(choice[None], len(tried), axis=0)
            others[:, row] = tried
            scores = valued(others)
            if scores.max() > best:
                choice, best = others[np.argmax(scores)], float(scores.max())
        if best == before:
            break
    return sign * best if np.isfinite(best) else float("nan")
