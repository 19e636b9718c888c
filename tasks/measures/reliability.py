"""Reliability of repeated scores: the two-way analysis of variance of requests by repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, ratio


def features(scores: Sequence[float]) -> tuple[float, ...]:
    """The sums' columns for one request's K scores: 1, sum of squares, squared mean, the scores."""
    mean = sum(scores) / len(scores)
    return (1.0, sum(score * score for score in scores), mean * mean, *scores)


class MeanSquares(NamedTuple):
    """Mean squares of requests, repeats and error, and the numbers of both."""

    requests: Floats
    repeats: Floats
    error: Floats
    n: Floats
    k: int


def mean_squares(sums: Floats) -> MeanSquares:
    """The analysis of variance from sums (..., 3 + K); nothing is defined below two requests."""
    n, squares, squared_means, by_repeat = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    k = by_repeat.shape[-1]
    correction = ratio(by_repeat.sum(-1) ** 2, n * k)
    of_requests = k * squared_means - correction
    of_repeats = ratio((by_repeat**2).sum(-1), n) - correction
    of_error = np.maximum(squares - correction - of_requests - of_repeats, 0.0)
    return MeanSquares(
        requests=ratio(of_requests, n - 1),
        repeats=of_repeats / max(k - 1, 1),
        error=ratio(of_error, (n - 1) * (k - 1)),
        n=n,
        k=k,
    )


def icc_agreement(sums: Floats, columns: Columns) -> Floats:
    """Intraclass correlation ICC(A,1): share of the variance of single scores due to requests.

    Two-way random effects, absolute agreement, single measurement (McGraw and Wong 1996); over
    requests all of whose repeats are readable.
    """
    found = mean_squares(sums)
    between = found.k * ratio(found.repeats - found.error, found.n)
    whole = found.requests + (found.k - 1) * found.error + between
    return ratio(found.requests - found.error, whole)


def icc_agreement_mean(sums: Floats, columns: Columns) -> Floats:
    """Intraclass correlation ICC(A,K): share of the variance of means of K scores due to requests.

    Two-way random effects, absolute agreement, average of K measurements (McGraw and Wong 1996;
    ICC(2,k) of Shrout and Fleiss 1979), K the repeats of the run. It is what the Spearman-Brown
    formula makes of `icc_agreement`, and the reliability of a judge whose K scores are averaged.
    """
    found = mean_squares(sums)
    between = ratio(found.repeats - found.error, found.n)
    return ratio(found.requests - found.error, found.requests + between)


def spearman_brown(single: Floats, k: float) -> Floats:
    """The reliability of the mean of k answers, from that of a single one.

    k r / (1 + (k - 1) r) (Spearman 1910, Brown 1910).

    >>> round(float(spearman_brown(np.array(0.5), 4)), 3)
    0.8
    """
    return ratio(k * single, 1.0 + (k - 1) * single)


def answers_needed(single: Floats, wanted: float) -> Floats:
    """How many answers have a mean of a wanted reliability, from that of a single one.

    `spearman_brown` solved for k and rounded up: R (1 - r) / (r (1 - R)). NaN where a single answer
    has no reliability above 0, since no number of repeats gives it any.

    >>> float(answers_needed(np.array(0.5), 0.8))
    4.0
    """
    exact = ratio(wanted * (1.0 - single), np.maximum(single, 0.0) * (1.0 - wanted))
    return np.asarray(np.maximum(np.ceil(exact - 1e-9), 1.0))


def repeats_for_80(sums: Floats, columns: Columns) -> Floats:
    """How many answers per request have a mean score of reliability .8.

    From `icc_agreement` by the Spearman-Brown formula (1910), rounded up; 1 where a single answer
    is enough.
    """
    return answers_needed(icc_agreement(sums, columns), 0.8)


def repeats_for_90(sums: Floats, columns: Columns) -> Floats:
    """How many answers per request have a mean score of reliability .9.

    As `repeats_for_80`. Repeats average out a judge's noise, not its errors: a mean of many answers
    can be reliable and wrong.
    """
    return answers_needed(icc_agreement(sums, columns), 0.9)


def sem(sums: Floats, columns: Columns) -> Floats:
    """Standard error of measurement of a single score, in points: spread over repeats.

    The square root of the variance of repeats and error in ICC(A,1).
    """
    found = mean_squares(sums)
    of_repeats = ratio(found.repeats - found.error, found.n)
    return np.asarray(np.sqrt(np.maximum(found.error + of_repeats, 0.0)))


def repeat_alpha(sums: Floats, columns: Columns) -> Floats:
    """Krippendorff's alpha over a request's K answers: ordinal for scores, nominal for choices.

    1 is perfect repetition and 0 what answers shuffled over requests would give (Krippendorff
    2011). Sums are coincidences of the levels; unreadable answers are left out.
    """
    size = len(columns.human)
    coincidences = sums[..., 1:].reshape(*sums.shape[:-1], size, size)
    margin = coincidences.sum(-1)
    if len(columns.judge):
        middle = np.cumsum(margin, -1) - margin / 2
        distance = (middle[..., :, None] - middle[..., None, :]) ** 2
    else:
        distance = np.broadcast_to(1.0 - np.eye(size), coincidences.shape)
    total = margin.sum(-1)
    observed = (coincidences * distance).sum((-1, -2))
    expected = (margin[..., :, None] * margin[..., None, :] * distance).sum((-1, -2))
    return np.asarray(1.0 - (total - 1) * ratio(observed, expected))


def coincidences(answers: Sequence[int], levels: int) -> tuple[float, ...]:
    """The sums' columns of `repeat_alpha` for one request's answers, as indices of levels."""
    table = np.zeros((levels, levels))
    for i, first in enumerate(answers):
        for j, second in enumerate(answers):
            if i != j:
                table[first, second] += 1 / (len(answers) - 1)
    return (1.0, *table.ravel())


NO_RELIABILITY = "no reliability of a single score that repeats could raise"
ALPHA = (Measure("repeat_alpha", None, "higher", repeat_alpha),)
MEASURES = (
    Measure("icc_agreement", "score", "higher", icc_agreement),
    Measure("icc_agreement_mean", "score", "higher", icc_agreement_mean),
    Measure("sem", "score", "lower", sem),
    Measure("repeats_for_80", "score", "lower", repeats_for_80, undefined=NO_RELIABILITY),
    Measure("repeats_for_90", "score", "lower", repeats_for_90, undefined=NO_RELIABILITY),
)
