"""Noisiness: how often two answers to one question differ, with and without a change."""

from __future__ import annotations

from tasks.measures.bounds import difference
from tasks.measures.contrast import BOTH, column
from tasks.measures.kinds import Columns, Floats, Measure, ratio


def noise_base(sums: Floats, columns: Columns) -> Floats:
    """P(two answers to the unchanged question differ), over samples with two of each."""
    return ratio(column(sums, "within_base"), column(sums, "both"))


def noise_changed(sums: Floats, columns: Columns) -> Floats:
    """P(two answers to the changed question differ), over the same samples."""
    return ratio(column(sums, "within_arm"), column(sums, "both"))


def noise_shift(sums: Floats, columns: Columns) -> Floats:
    """How much likelier two answers to one question differ under the change."""
    return noise_changed(sums, columns) - noise_base(sums, columns)


MEASURES = (
    Measure("noise_base", None, "lower", noise_base, of=BOTH),
    Measure("noise_changed", None, "lower", noise_changed, of=BOTH),
    Measure(
        "noise_shift", None, "lower", noise_shift,
        of=BOTH, limits=difference(noise_changed, noise_base),
    ),
)  # fmt: skip
