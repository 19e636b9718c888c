"""Detection thresholds: right choices between a true and a false statement, by the error's size.

Sums of a curve are right choices (a tie is half of one) at each of D doses, then choices at each;
`columns.human` holds the doses. Sums of a share are its count and n.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.psychometric import Curve, fitted


def threshold_75(sums: Floats, columns: Columns) -> Floats:
    """Smallest error that is told from the truth in 3 of 4 pairs, lapses included, in the unit of
    its arm: `value` per cent, `count` objects, `text` pixels of capital height, `colour` units of
    the CIE 1976 colour difference, `position` pixels.

    A ratio scale that needs no human label. Not defined where it lies beyond the doses asked; the
    note then says on which side.
    """  # noqa: D205
    doses, found = columns.human, thresholds(sums, columns)
    return np.where((found >= doses[0]) & (found <= doses[-1]), found, np.nan)


def rise_octaves(sums: Floats, columns: Columns) -> Floats:
    """Doublings of the error over which the curve climbs from a quarter to three quarters.

    Its height runs from guessing (1/2) to the ceiling (1 - lapses); the smaller, the steeper.
    """
    return _curves(sums, columns, lambda curve: curve.rise.value)


def lapse_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of wrong choices that remains however large the error, between 0 and .1.

    At .1 it stands at its bound, and the curve need not fit.
    """
    return _curves(sums, columns, lambda curve: curve.lapse.value)


def right_at_dose(sums: Floats, columns: Columns) -> Floats:
    """Share of right choices at one dose (group `dose:X`), both orders averaged; a tie is half."""
    return ratio(sums[..., 0], sums[..., 1])


def false_alarm_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs without any error, two wordings of the truth, in which one is preferred."""
    return ratio(sums[..., 0], sums[..., 1])


def right_blind(sums: Floats, columns: Columns) -> Floats:
    """Share of right choices at the largest dose when the picture is not shown; 1/2 by design.

    Above it the statements alone give the error away, and the threshold means nothing.
    """
    return ratio(sums[..., 0], sums[..., 1])


def thresholds(sums: Floats, columns: Columns) -> Floats:
    """Thresholds wherever they lie, also beyond the doses, where only the side counts."""
    return _curves(sums, columns, lambda curve: curve.threshold.value)


def _curves(sums: Floats, columns: Columns, read: Callable[[Curve], float]) -> Floats:
    """One number of the curve that is fitted to each of the sums (..., 2 D)."""
    doses = len(columns.human)
    flat = sums.reshape(-1, 2 * doses)
    found = [
        read(fitted(columns.human.tolist(), one[None, :doses], one[None, doses:], 0.95))
        for one in flat
    ]
    return np.array(found, dtype=np.float64).reshape(sums.shape[:-1])


THRESHOLD = Measure("threshold_75", "pair", "lower", threshold_75)
RISE_OCTAVES = Measure("rise_octaves", "pair", "neither", rise_octaves)
LAPSES = Measure("lapse_rate", "pair", "lower", lapse_rate)
AT_DOSE = Measure("right_at_dose", "pair", "higher", right_at_dose, share=True)
FALSE_ALARM = Measure("false_alarm_rate", "pair", "lower", false_alarm_rate, share=True)
BLIND = Measure("right_blind", "pair", "neither", right_blind, share=True)
MEASURES = (THRESHOLD, RISE_OCTAVES, LAPSES, AT_DOSE, FALSE_ALARM, BLIND)
