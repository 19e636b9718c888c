"""Conflicts between two ways of asking which of two responses is better.

A relation is `A` (the first is better), `B` or `C` (neither is), `None` where an answer is missing.
Each way has some answers; the floor is how often two answers of one way conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product

from data.records import TIE
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

COLUMNS = (
    "n", "strict", "soft",
    "both", "cross", "within", "strict_cross", "strict_within",
)  # fmt: skip
RELATIONS = ("A", "B", TIE)
Relation = str | None
Pairs = Sequence[tuple[Relation, Relation]]
Kind = Callable[[Relation, Relation], bool]


@dataclass(frozen=True)
class Way:
    """What one way of asking says of two responses: relations, and pairs of independent ones."""

    said: Sequence[Relation]
    again: Pairs

    def known(self) -> Way:
        """The way without what is missing."""
        said = [relation for relation in self.said if relation is not None]
        return Way(said, [pair for pair in self.again if None not in pair])


def from_choices(choices: Sequence[Relation]) -> Way:
    """The way of answers that name a relation each."""
    return Way(choices, list(combinations(choices, 2)))


def from_scores(first: Sequence[float | None], second: Sequence[float | None]) -> Way:
    """The way of scores of both responses; relations with no score in common are independent."""
    said = [_relation(one, other) for one, other in product(first, second)]
    again = [
        (_relation(first[a], second[b]), _relation(first[c], second[d]))
        for a, c in combinations(range(len(first)), 2)
        for b, d in permutations(range(len(second)), 2)
    ]
    return Way(said, again)


def _relation(one: float | None, other: float | None) -> Relation:
    if one is None or other is None:
        return None
    return TIE if one == other else "A" if one > other else "B"


def features(pairs: Iterable[tuple[Way, Way]]) -> tuple[float, ...] | None:
    """The sums' columns of one sample over its pairs of responses; `None` if nothing is known."""
    return _averaged(((one.known(), other.known()) for one, other in pairs), up=False)


def limits(pairs: Sequence[tuple[Way, Way]]) -> tuple[tuple[float, ...], ...] | None:
    """What is added to the columns if missing answers conflicted least, then most.

    Every two relations of which one is missing take the end that serves, between ways as told and
    within one the other way round, whether or not one answer could give them all: never too narrow.
    """
    low, high = (_averaged(pairs, up) for up in (False, True))
    if low is None or high is None:
        return None
    given = features(pairs) or (0.0,) * len(COLUMNS)
    return tuple(
        tuple(new - old for new, old in zip(end, given, strict=True)) for end in (low, high)
    )


def _averaged(pairs: Iterable[tuple[Way, Way]], up: bool) -> tuple[float, ...] | None:
    rows = [_row(one, other, up) for one, other in pairs if one.said and other.said]
    if not rows:
        return None
    return (1.0, *(_mean(row[at] for row in rows) for at in range(1, len(COLUMNS))))


def _row(one: Way, other: Way, up: bool) -> tuple[float, ...]:
    crossed = list(product(one.said, other.said))
    strict, soft, differ = (_share(crossed, kind, up) for kind in (_opposed, _half_tied, _unequal))
    row = (1.0, strict, soft)
    if not one.again or not other.again:
        return (*row, 0.0, 0.0, 0.0, 0.0, 0.0)
    within, strict_within = (
        (_share(one.again, kind, not up) + _share(other.again, kind, not up)) / 2
        for kind in (_unequal, _opposed)
    )
    return (*row, 1.0, differ, within, strict, strict_within)


def _opposed(one: Relation, other: Relation) -> bool:
    return one != other and TIE not in (one, other)


def _half_tied(one: Relation, other: Relation) -> bool:
    return one != other and TIE in (one, other)


def _unequal(one: Relation, other: Relation) -> bool:
    return one != other


def _share(pairs: Pairs, kind: Kind, missing: bool) -> float:
    """The share of pairs of a kind, those with a missing relation if that is possible at all."""

    def counts(one: Relation, other: Relation) -> bool:
        if one is not None and other is not None:
            return kind(one, other)
        known = other if one is None else one
        return missing and (known is None or any(kind(known, could) for could in RELATIONS))

    return _mean(float(counts(*pair)) for pair in pairs)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _per(sums: Floats, above: str, below: str) -> Floats:
    return ratio(sums[..., COLUMNS.index(above)], sums[..., COLUMNS.index(below)])


def strict_conflict(sums: Floats, columns: Columns) -> Floats:
    """Share of response pairs for which one way prefers the one and the other way the other."""
    return _per(sums, "strict", "n")


def soft_conflict(sums: Floats, columns: Columns) -> Floats:
    """Share of response pairs that one way calls equal and the other does not."""
    return _per(sums, "soft", "n")


def strict_conflict_noise(sums: Floats, columns: Columns) -> Floats:
    """P(two answers of one way prefer different responses), mean of both ways: the floor."""
    return _per(sums, "strict_within", "both")


def strict_conflict_excess(sums: Floats, columns: Columns) -> Floats:
    """Strict conflicts beyond the repeats of both ways.

    It estimates (p_A - q_A)(q_B - p_B) for the two ways' probabilities p and q; below zero one way
    calls more pairs equal than the other.
    """
    return _per(sums, "strict_cross", "both") - strict_conflict_noise(sums, columns)


def conflict_excess(sums: Floats, columns: Columns) -> Floats:
    """Conflicts of either kind beyond the repeats of both ways; 0 where both ways say the same.

    It estimates half the sum of (p - q)^2 over the three relations.
    """
    return _per(sums, "cross", "both") - _per(sums, "within", "both")


BOTH = (part(COLUMNS, "both"),)
MEASURES = (
    Measure("strict_conflict", None, "lower", strict_conflict),
    Measure("soft_conflict", None, "lower", soft_conflict),
    Measure("strict_conflict_noise", None, "lower", strict_conflict_noise, of=BOTH),
    Measure("strict_conflict_excess", None, "lower", strict_conflict_excess, of=BOTH),
    Measure("conflict_excess", None, "lower", conflict_excess, of=BOTH, skewed=True),
)
