"""Consistency: the same request asked K times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "majority", "modal")


def features(answers: Sequence[str | None]) -> tuple[float, ...]:
    """The sums' columns for one request's K answers; an unreadable answer agrees with none."""
    readable = Counter(answer for answer in answers if answer is not None)
    most = max(readable.values(), default=0)
    return (1.0, float(2 * most > len(answers)), most / len(answers))


def majority_criterion(sums: Floats, columns: Columns) -> Floats:
    """Share of requests whose most frequent answer makes up more than half of the K answers.

    Source: the benchmark's majority consistency criterion (more than three of six).
    """
    return ratio(sums[..., COLUMNS.index("majority")], sums[..., 0])


def modal_share(sums: Floats, columns: Columns) -> Floats:
    """Mean share of a request's K answers that equal its most frequent one."""
    return ratio(sums[..., COLUMNS.index("modal")], sums[..., 0])


MEASURES = (
    Measure("majority_criterion", None, "higher", majority_criterion),
    Measure("modal_share", None, "higher", modal_share),
)
