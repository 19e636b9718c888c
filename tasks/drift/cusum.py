"""Two-sided cumulative sums of a judge's nightly figure against its frozen baseline (Page 1954).

A night's figure x becomes z = (x - m) / (s sqrt(1 + 1/K)), with m and s the mean and the standard
deviation of K baseline nights, whose own error the root carries in. Then
C+ = max(0, C+ + z - k) and C- = max(0, C- - z - k), and whichever passes the limit h signals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
ALLOWANCE = 1.0  # k: half the shift that is looked for, in standard deviations of a night


class Sums(NamedTuple):
    """The upper and lower sum after each night; nights are the first axis."""

    above: Floats
    below: Floats


def step(above: Floats, below: Floats, z: Floats, k: float = ALLOWANCE) -> Sums:
    """The sums one night later."""
    return Sums(np.maximum(above + z - k, 0), np.maximum(below - z - k, 0))


def cusum(z: Floats, k: float = ALLOWANCE) -> Sums:
    """Both sums of one stream (nights) or of many (nights, streams), from zero."""
    nothing = np.zeros(z.shape[1:], z.dtype)
    at, found = Sums(nothing, nothing), []
    for night in z:
        at = step(at.above, at.below, night, k)
        found.append(at)
    if not found:
        return Sums(np.empty_like(z), np.empty_like(z))
    return Sums(np.array([each.above for each in found]), np.array([each.below for each in found]))


def peaks(nights: Iterable[Floats], k: float = ALLOWANCE) -> Floats:
    """How high the higher of both sums ever came, by stream; `nights` brings z night by night."""
    at, most = None, None
    for z in nights:
        before = Sums(np.zeros_like(z), np.zeros_like(z)) if at is None else at
        at = step(before.above, before.below, z, k)
        higher = np.maximum(at.above, at.below)
        most = higher if most is None else np.maximum(most, higher, out=most)
    if most is None:
        raise ValueError("there is no night")
    return most


def deviation(values: Sequence[float], anchors: int) -> float:
    """The standard deviation s of baseline nights, at least one anchor's worth of change.

    A judge that gives the same answers every night would otherwise signal at the first other one.
    """
    mean = sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    return max(math.sqrt(squares / (len(values) - 1)), 1 / anchors)


def standardised(values: Floats, mean: Floats, sd: Floats, runs: int) -> Floats:
    """Z of nightly figures against a baseline of `runs` nights."""
    return (values - mean) / (sd * math.sqrt(1 + 1 / runs))


def began(sums: Sequence[float]) -> int:
    """The index of the first night of the climb that the last sum is part of.

    The estimate of the night of the change: the one after the sum was last zero (Page 1954).
    """
    zero = [at for at, value in enumerate(sums) if value <= 0]
    return zero[-1] + 1 if zero else 0
