"""What the measures of wordings could have been if every missing answer were known.

Exact for `prompt_flip` of two wordings and `prompt_flip_any`, where verdicts have three outcomes or
more. Of more wordings every two take the end that serves; noise takes each two's own end, and a
range lets every wording's agreement lie where it may. These are never too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from data.records import Mode
from tasks.measures.bounds import bounds
from tasks.measures.correlation_bounds import Places
from tasks.measures.correlation_bounds import limits_of as correlation_limits
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits
from tasks.measures.majorities import by_noise
from tasks.measures.side_by_side import PLAIN, WIDTH, filled, headline

ROUNDING = 1e-9
Asked = Sequence[str | None]


@dataclass(frozen=True)
class Majorities:
    """The majorities that answers to one wording can have, some of them missing.

    `open` says that it can be any verdict, `none` that there need not be one.
    """

    verdicts: frozenset[str]
    open: bool
    none: bool

    @property
    def some(self) -> bool:
        """Whether there can be a majority."""
        return self.open or bool(self.verdicts)


def majorities(draws: Asked) -> Majorities:
    """What the majority of answers could be."""
    known = Counter(verdict for verdict in draws if verdict is not None)
    missing, size = draws.count(None), len(draws)
    could = frozenset(v for v, votes in known.items() if 2 * (votes + missing) > size)
    none = size > 1 and 2 * max(known.values(), default=0) <= size
    return Majorities(could, 2 * missing > size, none)


def flip_limits(
    prompts: Sequence[Asked], given: Sequence[float] | None
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns `given` of flips at their fewest, then at their most."""
    each = [majorities(draws) for draws in prompts]
    ends = []
    for up in (False, True):
        sums = np.zeros(4)
        for one, other in combinations(range(len(prompts)), 2):
            noise = _noise(prompts[one], prompts[other], up)
            sums += (*_pair(each[one], each[other], up), *noise)
        ends.append((*map(float, sums), *_any(each, up)))
    return _added(ends, given)


def _added(
    ends: Sequence[Sequence[float]], given: Sequence[float] | None
) -> tuple[tuple[float, ...], ...]:
    known = given or (0.0,) * len(ends[0])
    return tuple(tuple(new - old for new, old in zip(end, known, strict=True)) for end in ends)


def _pair(one: Majorities, other: Majorities, up: bool) -> tuple[float, float]:
    """Whether two wordings both have a majority, and whether it differs."""
    if (_differ if up else _agree)(one, other):
        return 1.0, float(up)
    apart = one.none or other.none or not one.some or not other.some
    return (0.0, 0.0) if apart else (1.0, float(not up))


def _differ(one: Majorities, other: Majorities) -> bool:
    several = one.open or other.open or len(one.verdicts | other.verdicts) > 1
    return one.some and other.some and several


def _agree(one: Majorities, other: Majorities) -> bool:
    if one.open or other.open:
        return one.some and other.some
    return not one.verdicts.isdisjoint(other.verdicts)


def _any(each: Sequence[Majorities], up: bool) -> tuple[float, float]:
    """Whether two wordings or more have a majority, and whether any differ."""
    if up and any(_differ(*two) for two in combinations(each, 2)):
        return 1.0, 1.0
    if not up and _alike(each):
        return 1.0, 0.0
    if sum(own.some and not own.none for own in each) < 2:
        return 0.0, 0.0
    return 1.0, float(not up)


def _alike(each: Sequence[Majorities]) -> bool:
    """Whether all wordings that have a majority could have the same, two of them at least."""
    seen = frozenset[str]().union(*(own.verdicts for own in each))
    for verdict in (*seen, ""):  # the last is one that nobody has said
        could = [own.open or verdict in own.verdicts for own in each]
        fits = all(can or own.none for can, own in zip(could, each, strict=True))
        if fits and sum(could) > 1:
            return True
    return False


def _noise(one: Asked, other: Asked, up: bool) -> tuple[float, float]:
    """Both have a majority, and it differs, if answers are dealt at random: the share's end."""
    known = Counter(verdict for verdict in (*one, *other) if verdict is not None)
    counts = {tuple(sorted(known.values()))}
    for _ in range(len(one) + len(other) - known.total()):
        counts = {tuple(sorted(more)) for own in counts for more in _one_more(own)}
    both, differ = zip(*(by_noise(own, len(one)) for own in counts), strict=True)
    return (max(min(both), max(differ)), max(differ)) if up else (max(both), min(differ))


def _one_more(counts: tuple[int, ...]) -> list[list[int]]:
    every = [[*counts[:at], count + 1, *counts[at + 1 :]] for at, count in enumerate(counts)]
    return [*every, [*counts, 1]]


def in_half(sides: Sequence[Sequence[float]], half: int) -> tuple[float, ...]:
    """The columns of one half of the images, with nothing in those of the other."""
    own = tuple(value for columns in sides for value in columns)
    nothing = (0.0,) * len(own)
    return nothing + own if half else own + nothing


def half_limits(
    mode: Mode,
    labels: Sequence[str],
    prompts: Sequence[Asked],
    ends: tuple[float, float],
    half: int,
    given: Sequence[float] | None,
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns `given` of a sample's half at its worst, then at its best.

    Missing scores are at the scale's `ends`.
    """
    blocks = [filled(mode, labels, draws, ends) for draws in prompts]
    return _added([in_half([own[case] for own in blocks], half) for case in (0, 1)], given)


def range_limits(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
    """The limits of the range: the mean of both ways of choosing on one half of the images.

    Each wording's agreement in each half varies on its own, in what it can be.
    """
    if evidence.extremes is None or not evidence.extremes[members].any():
        return bounds(value, evidence, members)
    blocks = evidence.features.shape[1] // WIDTH  # those of one half before the other's
    each = [_agreement(evidence, members, block) for block in range(blocks)]
    ends = np.array([[np.nan if end is None else end for end in own] for own in each])
    if np.isnan(ends).any():
        return None, None
    halves = ends.reshape(2, blocks // 2, 2)
    ways = [_spread(halves[chosen], halves[1 - chosen]) for chosen in (0, 1)]
    return (ways[0][0] + ways[1][0]) / 2, (ways[0][1] + ways[1][1]) / 2


def _agreement(evidence: Evidence, members: Ints, block: int) -> Limits:
    own = slice(block * WIDTH, (block + 1) * WIDTH)
    places = Places(*(block * WIDTH + place for place in
                      (PLAIN.count, PLAIN.x, PLAIN.y, PLAIN.squares, PLAIN.gap)))  # fmt: skip
    return correlation_limits(places)(lambda sums: headline(sums[..., own]), evidence, members)


def _spread(chosen: Floats, measured: Floats) -> tuple[float, float]:
    """The least and the most between the wordings that can be chosen as the best and the worst."""
    best = np.flatnonzero(chosen[:, 1] >= chosen[:, 0].max() - ROUNDING)
    worst = np.flatnonzero(chosen[:, 0] <= chosen[:, 1].min() + ROUNDING)
    pairs = [(b, w) for b in best for w in worst if b != w]
    return (
        min(float(measured[b, 0] - measured[w, 1]) for b, w in pairs),
        max(float(measured[b, 1] - measured[w, 0]) for b, w in pairs),
    )
