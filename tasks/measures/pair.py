"""Pair comparison: judge choices against human choices among A, B and C (tie)."""

from __future__ import annotations

from functools import partial

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, Value, ratio

A, B, TIED = 0, 1, 2  # rows and columns of the joint counts


def accuracy(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs in which judge and human give the same of A, B and tie.

    Source: the benchmark's accuracy with ties.
    """
    counts = columns.table(sums)
    return ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum((-1, -2)))


def accuracy_without_ties(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs the human decided in which the judge gives the same; its tie is wrong.

    Source: the benchmark's accuracy without ties.
    """
    counts = columns.table(sums)
    right = counts[..., A, A] + counts[..., B, B]
    return ratio(right, counts[..., :TIED, :].sum((-1, -2)))


def macro_f1(sums: Floats, columns: Columns) -> Floats:
    """Unweighted mean over A, B and tie of the F1 score, over classes that occur."""
    counts = columns.table(sums)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    f1 = ratio(2 * right, counts.sum(-1) + counts.sum(-2))
    occurs = ~np.isnan(f1)
    return ratio(np.nan_to_num(f1).sum(-1), occurs.sum(-1).astype(float))


def kappa(sums: Floats, columns: Columns) -> Floats:
    """Cohen's kappa over A, B and tie: agreement beyond what the marginals give by chance."""
    counts = columns.table(sums)
    total = np.maximum(counts.sum((-1, -2)), 1e-300)
    observed = np.trace(counts, axis1=-2, axis2=-1) / total
    chance = (counts.sum(-1) * counts.sum(-2)).sum(-1) / total**2
    return ratio(observed - chance, 1 - chance)


def tie_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs the judge calls a tie."""
    counts = columns.table(sums)
    return ratio(counts[..., TIED].sum(-1), counts.sum((-1, -2)))


def tie_rate_gap(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs the judge calls a tie minus the share the human calls one."""
    counts = columns.table(sums)
    gap = counts[..., TIED].sum(-1) - counts[..., TIED, :].sum(-1)
    return ratio(gap, counts.sum((-1, -2)))


def symmetry(sums: Floats, columns: Columns) -> Floats:
    """Share of A among the judge's wins minus that among the human's: above zero it favours A.

    Over pairs that neither calls a tie.
    """
    wins = columns.table(sums)[..., :TIED, :TIED]
    return ratio(wins[..., B, A] - wins[..., A, B], wins.sum((-1, -2)))


def _precision(which: int, sums: Floats, columns: Columns) -> Floats:
    counts = columns.table(sums)
    return ratio(counts[..., which, which], counts[..., which].sum(-1))


def precision(which: int, name: str) -> Value:
    """The precision of one class as a measure's function."""
    function = partial(_precision, which)
    function.__doc__ = f"Share of pairs the judge calls {name} that the human calls so too."
    return function


def _recall(which: int, sums: Floats, columns: Columns) -> Floats:
    counts = columns.table(sums)
    return ratio(counts[..., which, which], counts[..., which, :].sum(-1))


def recall(which: int, name: str) -> Value:
    """The recall of one class as a measure's function."""
    function = partial(_recall, which)
    function.__doc__ = f"Share of pairs the human calls {name} that the judge calls so too."
    return function


MEASURES = (
    Measure("accuracy", "pair", "higher", accuracy, primary=True, share=True),
    Measure("accuracy_without_ties", "pair", "higher", accuracy_without_ties),
    Measure("macro_f1", "pair", "higher", macro_f1),
    Measure("kappa", "pair", "higher", kappa),
    Measure("tie_rate", "pair", "neither", tie_rate, share=True),
    Measure("tie_rate_gap", "pair", "neither", tie_rate_gap),
    Measure("symmetry", "pair", "neither", symmetry),
    Measure("precision_a", "pair", "higher", precision(A, "A")),
    Measure("precision_b", "pair", "higher", precision(B, "B")),
    Measure("precision_tie", "pair", "higher", precision(TIED, "a tie")),
    Measure("recall_a", "pair", "higher", recall(A, "A")),
    Measure("recall_b", "pair", "higher", recall(B, "B")),
    Measure("recall_tie", "pair", "higher", recall(TIED, "a tie")),
)
