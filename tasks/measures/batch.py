"""Batch ranking: a judge's order of k responses against the human order."""

from __future__ import annotations

import functools
from itertools import combinations

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "levenshtein", "tau", "top1", "exact")


@functools.lru_cache(maxsize=65536)
def features(label: str, verdict: str) -> tuple[float, ...]:
    """The sums' columns for one ranking against one label."""
    size = len(label)
    place = {letter: index for index, letter in enumerate(verdict)}
    pairs = size * (size - 1) / 2
    discordant = sum(place[a] > place[b] for a, b in combinations(label, 2))
    return (
        1.0,
        levenshtein_distance(verdict, label) / size,
        1.0 - 2.0 * discordant / pairs if pairs else 0.0,
        float(label[0] == verdict[0]),
        float(label == verdict),
    )


def levenshtein_distance(first: str, second: str) -> int:
    """The number of insertions, deletions and replacements between two strings."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(first, second))


def kendall(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of 1 - d / E[d], d the Kendall distance, E[d] that of a random order.

    It is 1 for the human order, 0 for chance and -1 for the reverse, whatever the number of
    responses; for orders without ties it is Kendall's tau.
    """
    return _mean(sums, "tau")


def levenshtein(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of the Levenshtein distance to the human order, divided by k.

    Source: the benchmark's measure of batch ranking. A random order of four scores .656.
    """
    return _mean(sums, "levenshtein")


def top1(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings whose first response is the human's first."""
    return _mean(sums, "top1")


def exact(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings equal to the human order."""
    return _mean(sums, "exact")


def _mean(sums: Floats, name: str) -> Floats:
    return ratio(sums[..., COLUMNS.index(name)], sums[..., 0])


MEASURES = (
    Measure("kendall", "batch", "higher", kendall, primary=True),
    Measure("levenshtein", "batch", "lower", levenshtein),
    Measure("top1", "batch", "higher", top1),
    Measure("exact_order", "batch", "higher", exact),
)
