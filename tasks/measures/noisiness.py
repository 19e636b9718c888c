"""Noisiness: how often two answers to one question differ, with and without a change."""

from __future__ import annotations

from collections.abc import Callable

from tasks.measures.bounds import bounds, less
from tasks.measures.contrast import BOTH, column
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Columns, Floats, Ints, Limits, Measure, ratio


def noise_base(sums: Floats, columns: Columns) -> Floats:
    """P(two answers to the unchanged question differ), over samples with two of each."""
    return ratio(column(sums, "within_base"), column(sums, "both"))


def noise_changed(sums: Floats, columns: Columns) -> Floats:
    """P(two answers to the changed question differ), over the same samples."""
    return ratio(column(sums, "within_arm"), column(sums, "both"))


def noise_shift(sums: Floats, columns: Columns) -> Floats:
    """How much likelier two answers to one question differ under the change."""
    return noise_changed(sums, columns) - noise_base(sums, columns)


def _shift_limits(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
    columns = evidence.columns
    changed = bounds(lambda sums: noise_changed(sums, columns), evidence, members)
    return less(changed, bounds(lambda sums: noise_base(sums, columns), evidence, members))


MEASURES = (
    Measure("noise_base", None, "lower", noise_base, of=BOTH),
    Measure("noise_changed", None, "lower", noise_changed, of=BOTH),
    Measure("noise_shift", None, "lower", noise_shift, of=BOTH, limits=_shift_limits),
)
