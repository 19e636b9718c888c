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


ALPHA = (Measure("repeat_alpha", None, "higher", repeat_alpha),)
MEASURES = (
    Measure("icc_agreement", "score", "higher", icc_agreement),
    Measure("sem", "score", "lower", sem),
)
