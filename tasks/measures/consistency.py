"""Consistency: the same request asked K times."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "majority", "modal", "agreement", "unanimous", "chance_majority", "chance_modal")


def features(answers: Sequence[str | None]) -> tuple[float, ...]:
    """The first columns of one request's K answers; an unreadable answer agrees with none."""
    size = len(answers)
    readable = Counter(answer for answer in answers if answer is not None)
    most = max(readable.values(), default=0)
    equal_pairs = sum(count * (count - 1) for count in readable.values())
    return (
        1.0,
        float(2 * most > size),
        most / size,
        equal_pairs / (size * (size - 1)) if size > 1 else float(most),
        float(most == size),
    )


def limits(answers: Sequence[str | None]) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if unreadable answers agreed with none, then with the most.

    Where a scale has too few levels for them to agree with none, the first is too low.
    """
    given = features(answers)
    readable = Counter(answer for answer in answers if answer is not None)
    modal = readable.most_common(1)[0][0] if readable else ""
    most = features([modal if answer is None else answer for answer in answers])
    nothing = (0.0,) * len(COLUMNS)
    more = tuple(new - old for new, old in zip(most, given, strict=True))
    return nothing, more + nothing[len(more) :]


@functools.lru_cache(maxsize=256)
def chances(size: int, outcomes: int) -> tuple[float, float]:
    """The last columns: what K answers drawn evenly from so many outcomes give on average.

    The probability of a majority, and the expected modal share. No outcome more than m times has
    the probability K! times the coefficient of x^K in (sum over j <= m of (x / L)^j / j!)^L.

    >>> [round(each, 3) for each in chances(6, 3)]
    [0.3, 0.54]
    """
    at_most = [_none_above(most, size, outcomes) for most in range(size + 1)]
    return 1.0 - at_most[size // 2], sum(1.0 - each for each in at_most[:size]) / size


def _none_above(most: int, size: int, outcomes: int) -> float:
    """The probability that none of the outcomes is drawn more than `most` times."""
    power = [outcomes**-j / math.factorial(j) for j in range(most + 1)]
    found, left = np.array([1.0]), outcomes
    while left:  # the power by squaring, cut off behind x^K
        if left % 2:
            found = np.convolve(found, power)[: size + 1]
        power = list(np.convolve(power, power)[: size + 1])
        left //= 2
    return float(found[size]) * math.factorial(size) if len(found) > size else 0.0


def majority_criterion(sums: Floats, columns: Columns) -> Floats:
    """Share of requests whose most frequent answer makes up more than half of the K answers.

    Source: the benchmark's majority consistency criterion (more than three of six).
    """
    return ratio(sums[..., COLUMNS.index("majority")], sums[..., 0])


def majority_criterion_chance(sums: Floats, columns: Columns) -> Floats:
    """The `majority_criterion` of a judge that draws each answer evenly from all that are possible.

    Computed from K and the number of outcomes: the scores of the scale, three for a pair, k! for a
    ranking of k. A judge at this figure repeats nothing.
    """
    return ratio(sums[..., COLUMNS.index("chance_majority")], sums[..., 0])


def modal_share(sums: Floats, columns: Columns) -> Floats:
    """Mean share of a request's K answers that equal its most frequent one."""
    return ratio(sums[..., COLUMNS.index("modal")], sums[..., 0])


def modal_share_chance(sums: Floats, columns: Columns) -> Floats:
    """The `modal_share` of a judge that draws each answer evenly from all that are possible.

    As `majority_criterion_chance`; it is far above 0 and falls as K grows.
    """
    return ratio(sums[..., COLUMNS.index("chance_modal")], sums[..., 0])


def repeat_agreement(sums: Floats, columns: Columns) -> Floats:
    """Mean share of equal pairs among a request's K answers, whatever K is.

    It estimates the probability that two answers to one request are equal; unlike the modal
    share it does not depend on K.
    """
    return ratio(sums[..., COLUMNS.index("agreement")], sums[..., 0])


def repeat_noise(sums: Floats, columns: Columns) -> Floats:
    """One minus the repeat agreement: the share of changes that repeating alone brings.

    A probe's share of changed answers means nothing below it.
    """
    return 1.0 - repeat_agreement(sums, columns)


def unanimity(sums: Floats, columns: Columns) -> Floats:
    """Share of requests whose K answers are all equal."""
    return ratio(sums[..., COLUMNS.index("unanimous")], sums[..., 0])


MEASURES = (
    Measure("majority_criterion", None, "higher", majority_criterion, share=True),
    Measure("majority_criterion_chance", None, "neither", majority_criterion_chance),
    Measure("modal_share", None, "higher", modal_share),
    Measure("modal_share_chance", None, "neither", modal_share_chance),
    Measure("repeat_agreement", None, "higher", repeat_agreement),
    Measure("repeat_noise", None, "lower", repeat_noise),
    Measure("unanimity", None, "higher", unanimity, share=True),
)
