"""Wordings: the same question in other words, each some times, against the noise of repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from data.records import Mode
from tasks.measures.bounds import difference
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio
from tasks.measures.majorities import Draws, by_noise, majority
from tasks.measures.side_by_side import WIDTH, headline, side
from tasks.measures.wording_limits import in_half, range_limits

FLIPS = ("both", "differ", "both_by_noise", "differ_by_noise", "samples", "any")


def flip_features(prompts: Sequence[Draws]) -> tuple[float, ...]:
    """The sums' columns of one sample's readable answers to each prompt."""
    majorities = [majority(draws) for draws in prompts]
    sums = np.zeros(4)
    for one, other in combinations(range(len(prompts)), 2):
        mine, its = majorities[one], majorities[other]
        both = mine is not None and its is not None
        pooled = Counter([*prompts[one], *prompts[other]])
        counts = tuple(sorted(pooled.values()))
        sums += (float(both), float(both and mine != its), *by_noise(counts, len(prompts[one])))
    known = {each for each in majorities if each is not None}
    clear = sum(each is not None for each in majorities) > 1
    return (*map(float, sums), float(clear), float(clear and len(known) > 1))


def half_features(
    mode: Mode, labels: Sequence[str], prompts: Sequence[Draws], half: int
) -> tuple[float, ...] | None:
    """The sums' columns of one sample's readable answers to each prompt, in its image's half.

    `None` where a prompt has none.
    """
    if not all(prompts):
        return None
    return in_half([side(mode, labels, draws) for draws in prompts], half)


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
    return prompt_flip(sums, columns) - _by_noise(sums, columns)


def _by_noise(sums: Floats, columns: Columns) -> Floats:
    return ratio(_flip(sums, "differ_by_noise"), _flip(sums, "both_by_noise"))


def prompt_flip_any(sums: Floats, columns: Columns) -> Floats:
    """Share of samples whose majority verdict is not the same under all wordings.

    It grows with the number of wordings and holds noise as well.
    """
    return ratio(_flip(sums, "any"), _flip(sums, "samples"))


def wording_range(sums: Floats, columns: Columns) -> Floats:
    """Primary agreement measure under the best wording less that under the worst.

    The two are chosen on one half of the images and measured on the other, both ways, so that a
    judge that wording does not move has 0 on average, whether or not it repeats itself.
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
    Measure("prompt_flip", None, "lower", prompt_flip, of=DECIDED),
    Measure(
        "prompt_flip_excess", None, "lower", prompt_flip_excess,
        of=DEALT, limits=difference(prompt_flip, _by_noise),
    ),
    Measure("prompt_flip_any", None, "lower", prompt_flip_any, of=(part(FLIPS, "samples"),)),
)  # fmt: skip
RANGE = Measure("wording_range", None, "lower", wording_range, labelled=True, limits=range_limits)
MEASURES = (*FLIP, RANGE)
