"""Consistency: the same request asked K times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "majority", "modal", "agreement", "unanimous")


def features(answers: Sequence[str | None]) -> tuple[float, ...]:
    """The sums' columns for one request's K answers; an unreadable answer agrees with none."""
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
    return nothing, tuple(new - old for new, old in zip(most, given, strict=True))


def majority_criterion(sums: Floats, columns: Columns) -> Floats:
    """Share of requests whose most frequent answer makes up more than half of the K answers.

    Source: the benchmark's majority consistency criterion (more than three of six).
    """
    return ratio(sums[..., COLUMNS.index("majority")], sums[..., 0])


def modal_share(sums: Floats, columns: Columns) -> Floats:
    """Mean share of a request's K answers that equal its most frequent one."""
    return ratio(sums[..., COLUMNS.index("modal")], sums[..., 0])


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
    Measure("majority_criterion", None, "higher", majority_criterion),
    Measure("modal_share", None, "higher", modal_share),
    Measure("repeat_agreement", None, "higher", repeat_agreement),
    Measure("repeat_noise", None, "lower", repeat_noise),
    Measure("unanimity", None, "higher", unanimity),
)
