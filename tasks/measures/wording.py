"""Wordings: the same question in other words, each some times, against the noise of repeats."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure, part, ratio
from tasks.measures.side_by_side import WIDTH, headline

FLIPS = ("both", "differ", "both_by_noise", "differ_by_noise", "samples", "any")
Draws = Sequence[str]


def flip_features(prompts: Sequence[Draws]) -> tuple[float, ...]:
    """The sums' columns of one sample's readable answers to each prompt."""
    majorities = [majority(draws) for draws in prompts]
    sums = np.zeros(4)
    for one, other in combinations(range(len(prompts)), 2):
        mine, its = majorities[one], majorities[other]
        both = mine is not None and its is not None
        pooled = Counter([*prompts[one], *prompts[other]])
        counts = tuple(sorted(pooled.values()))
        sums += (float(both), float(both and mine != its), *_by_noise(counts, len(prompts[one])))
    known = {each for each in majorities if each is not None}
    clear = sum(each is not None for each in majorities) > 1
    return (*map(float, sums), float(clear), float(clear and len(known) > 1))


def majority(draws: Draws) -> str | None:
    """The verdict of more than half of the answers; `None` where there is none."""
    verdict, votes = Counter(draws).most_common(1)[0] if draws else (None, 0)
    return verdict if 2 * votes > len(draws) else None


@functools.lru_cache(maxsize=65536)
def _by_noise(counts: tuple[int, ...], first: int) -> tuple[float, float]:
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


def _flip(sums: Floats, name: str) -> Floats:
    return sums[..., FLIPS.index(name)]


def prompt_flip(sums: Floats, columns: Columns) -> Floats:
    """Share of two wordings' majority verdicts that differ, where both have one.

    A majority is more than half of the readable answers to one wording.
    """
    return ratio(_flip(sums, "differ"), _flip(sums, "both"))


def prompt_flip_excess(sums: Floats, columns: Columns) -> Floats:
    """The share of differing majorities less what noise gives: the same answers dealt at random.

    The answers to two wordings are dealt anew to both in every possible way. A judge that wording
    does not move has 0; for another it understates, because real differences are dealt as well:
    `excess_change` has the size.
    """
    noise = ratio(_flip(sums, "differ_by_noise"), _flip(sums, "both_by_noise"))
    return prompt_flip(sums, columns) - noise


def prompt_flip_any(sums: Floats, columns: Columns) -> Floats:
    """Share of samples whose majority verdict is not the same under all wordings.

    It grows with the number of wordings and holds noise as well.
    """
    return ratio(_flip(sums, "any"), _flip(sums, "samples"))


def wording_range(sums: Floats, columns: Columns) -> Floats:
    """Primary agreement measure under the best wording less that under the worst.

    The two are chosen on one half of the answers and measured on the other, both ways, so that a
    judge that wording does not move has 0 on average.
    """
    halves = headline(sums.reshape(*sums.shape[:-1], 2, -1, WIDTH))
    known = np.logical_not(np.isnan(halves)).all((-1, -2))
    halves = np.where(np.asarray(known)[..., None, None], halves, 0.0)
    spreads = []
    for chosen, measured in ((0, 1), (1, 0)):
        order = np.argsort(halves[..., chosen, :], -1, kind="stable")
        ends = np.take_along_axis(halves[..., measured, :], order[..., [0, -1]], -1)
        spreads.append(ends[..., 1] - ends[..., 0])
    return np.where(known, (spreads[0] + spreads[1]) / 2, np.nan)


DECIDED, DEALT = (part(FLIPS, "both"),), (part(FLIPS, "both"), part(FLIPS, "both_by_noise"))
FLIP = (
    Measure("prompt_flip", None, "lower", prompt_flip, bounded=False, of=DECIDED),
    Measure("prompt_flip_excess", None, "lower", prompt_flip_excess, bounded=False, of=DEALT),
    Measure(
        "prompt_flip_any",
        None,
        "lower",
        prompt_flip_any,
        bounded=False,
        of=(part(FLIPS, "samples"),),
    ),
)
RANGE = Measure("wording_range", None, "lower", wording_range, bounded=False, labelled=True)
MEASURES = (*FLIP, RANGE)
