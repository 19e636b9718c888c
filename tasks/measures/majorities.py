"""Majorities of answers, and how often they differ if the answers are dealt at random."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from math import comb

Draws = Sequence[str]


def majority(draws: Draws) -> str | None:
    """The verdict of more than half of the answers; `None` where there is none."""
    verdict, votes = Counter(draws).most_common(1)[0] if draws else (None, 0)
    return verdict if 2 * votes > len(draws) else None


@functools.lru_cache(maxsize=65536)
def by_noise(counts: tuple[int, ...], first: int) -> tuple[float, float]:
    """P(both parts have a majority) and P(they have and differ) if answers are dealt at random.

    `counts` are those of the pooled verdicts; `first` of the answers go to the first part.
    """
    total = sum(counts)
    both = differ = 0.0
    for ways, dealt in _deals(counts, first):
        one = _leader(dealt, first)
        other = _leader([c - d for c, d in zip(counts, dealt, strict=True)], total - first)
        if one is not None and other is not None:
            both += ways
            differ += ways * (one != other)
    every = comb(total, first)
    return both / every, differ / every


def _deals(counts: tuple[int, ...], left: int) -> Iterator[tuple[int, list[int]]]:
    """In how many ways each part of the counts can be dealt."""
    if not counts:
        if left == 0:
            yield 1, []
        return
    rest = sum(counts[1:])
    for here in range(max(0, left - rest), min(counts[0], left) + 1):
        for ways, others in _deals(counts[1:], left - here):
            yield comb(counts[0], here) * ways, [here, *others]


def _leader(counts: Sequence[int], total: int) -> int | None:
    return next((at for at, count in enumerate(counts) if 2 * count > total), None)
