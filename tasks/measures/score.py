"""Scoring: judge scores against human scores, as functions of their joint counts."""

from __future__ import annotations

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, ratio


def pearson(sums: Floats, columns: Columns) -> Floats:
    """Pearson correlation r of judge and human scores.

    Source: the MLLM-as-a-Judge benchmark's measure of scoring.
    """
    counts = columns.table(sums)
    return _correlation(counts, columns.human, columns.judge)


def spearman(sums: Floats, columns: Columns) -> Floats:
    """Spearman rank correlation: Pearson correlation of mid-ranks."""
    counts = columns.table(sums)
    return _correlation(counts, _midranks(counts.sum(-1)), _midranks(counts.sum(-2)))


def kendall(sums: Floats, columns: Columns) -> Floats:
    """Kendall rank correlation tau-b: concordant minus discordant pairs, corrected for ties.

    tau-b = (C - D) / sqrt((n0 - n1)(n0 - n2)) with n0 all pairs, n1 and n2 pairs tied by human
    and by judge (Kendall 1945).
    """
    counts = columns.table(sums)
    after = _strictly_after(counts)
    concordant = (counts * after).sum((-1, -2))
    mirrored = counts[..., ::-1]
    discordant = (mirrored * _strictly_after(mirrored)).sum((-1, -2))
    total = counts.sum((-1, -2))
    everything = total * (total - 1) / 2
    by_human = _tied(counts.sum(-1))
    by_judge = _tied(counts.sum(-2))
    spread = np.maximum((everything - by_human) * (everything - by_judge), 0.0)
    return ratio(concordant - discordant, np.sqrt(spread))


def quadratic_kappa(sums: Floats, columns: Columns) -> Floats:
    """Quadratic-weighted kappa: one minus squared difference over that of independent scores.

    kappa_w = 1 - E[(j - h)^2] / E'[(j - h)^2], with E' over the product of the marginals (Cohen
    1968). Levels count by their value on the scale.
    """
    counts = columns.table(sums)
    weight = _difference(columns) ** 2
    total = np.maximum(counts.sum((-1, -2)), 1e-300)
    observed = (counts * weight).sum((-1, -2)) / total
    rows, cols = counts.sum(-1), counts.sum(-2)
    expected = ((rows @ weight) * cols).sum(-1) / total**2
    return 1.0 - ratio(observed, expected)


def ordinal_alpha(sums: Floats, columns: Columns) -> Floats:
    """Krippendorff's alpha with the ordinal distance, judge and human as two coders.

    alpha = 1 - (n - 1) sum o_ck d_ck / sum n_c n_k d_ck over coincidences o and their marginals n,
    d_ck the squared number of values between c and k, both halved (Krippendorff 2011).
    """
    counts = columns.table(sums)
    levels = np.union1d(columns.human, columns.judge)
    human, judge = np.searchsorted(levels, columns.human), np.searchsorted(levels, columns.judge)
    margin = np.zeros((*sums.shape[:-1], len(levels)))
    margin[..., human] += counts.sum(-1)
    margin[..., judge] += counts.sum(-2)
    middle = np.cumsum(margin, -1) - margin / 2
    distance = (middle[..., human][..., :, None] - middle[..., judge][..., None, :]) ** 2
    total = margin.sum(-1)
    observed = 2 * (counts * distance).sum((-1, -2))
    centred = middle - ratio((margin * middle).sum(-1), total)[..., None]
    expected = 2 * total * (margin * centred**2).sum(-1)
    return np.asarray(1.0 - (total - 1) * ratio(observed, expected))


def variance_ratio(sums: Floats, columns: Columns) -> Floats:
    """Variance of the judge's scores over that of the human's: below one the judge compresses."""
    counts = columns.table(sums)
    return ratio(_variance(counts.sum(-2), columns.judge), _variance(counts.sum(-1), columns.human))


def exact(sums: Floats, columns: Columns) -> Floats:
    """Share of judge scores equal to the human score."""
    return _share(sums, columns, (_difference(columns) == 0).astype(float))


def within_one(sums: Floats, columns: Columns) -> Floats:
    """Share of judge scores at most one point from the human score."""
    near = np.abs(_difference(columns)) <= 1 + 1e-9
    return _share(sums, columns, near.astype(float))


def mae(sums: Floats, columns: Columns) -> Floats:
    """Mean absolute difference of judge and human score, in points."""
    return _share(sums, columns, np.abs(_difference(columns)))


def bias(sums: Floats, columns: Columns) -> Floats:
    """Mean of judge score minus human score, in points: above zero the judge is generous."""
    return _share(sums, columns, _difference(columns))


def _difference(columns: Columns) -> Floats:
    return columns.judge[None, :] - columns.human[:, None]


def _variance(margin: Floats, levels: Floats) -> Floats:
    total = np.maximum(margin.sum(-1), 1e-300)
    mean = (margin * levels).sum(-1) / total
    return np.asarray((margin * levels**2).sum(-1) / total - mean**2)


def _share(sums: Floats, columns: Columns, weight: Floats) -> Floats:
    counts = columns.table(sums)
    return ratio((counts * weight).sum((-1, -2)), counts.sum((-1, -2)))


def _correlation(counts: Floats, human: Floats, judge: Floats) -> Floats:
    """Pearson correlation of levels (broadcast over leading axes) under joint counts."""
    total = counts.sum((-1, -2))
    rows, cols = counts.sum(-1), counts.sum(-2)
    safe = np.maximum(total, 1e-300)[..., None]
    x = human - (rows * human).sum(-1, keepdims=True) / safe
    y = judge - (cols * judge).sum(-1, keepdims=True) / safe
    joint = ((counts @ y[..., None])[..., 0] * x).sum(-1)
    spread = (rows * x * x).sum(-1) * (cols * y * y).sum(-1)
    scale = np.maximum(total, 1.0) ** 2
    return ratio(joint / np.maximum(total, 1.0), np.sqrt(spread / scale))


def _midranks(margin: Floats) -> Floats:
    before = np.cumsum(margin, -1) - margin
    return before + (margin + 1) / 2


def _strictly_after(counts: Floats) -> Floats:
    """For each cell the count of cells with both a higher row and a higher column."""
    summed = np.flip(np.cumsum(np.cumsum(np.flip(counts, (-1, -2)), -1), -2), (-1, -2))
    after = np.zeros_like(counts)
    after[..., :-1, :-1] = summed[..., 1:, 1:]
    return after


def _tied(margin: Floats) -> Floats:
    return np.asarray((margin * (margin - 1) / 2).sum(-1))


MEASURES = (
    Measure("pearson", "score", "higher", pearson, primary=True),
    Measure("spearman", "score", "higher", spearman),
    Measure("kendall_tau_b", "score", "higher", kendall),
    Measure("quadratic_kappa", "score", "higher", quadratic_kappa),
    Measure("ordinal_alpha", "score", "higher", ordinal_alpha),
    Measure("exact", "score", "higher", exact, share=True),
    Measure("within_one", "score", "higher", within_one, share=True),
    Measure("mae", "score", "lower", mae, by_level=True),
    Measure("bias", "score", "neither", bias, by_level=True),
    Measure("variance_ratio", "score", "neither", variance_ratio),
)
