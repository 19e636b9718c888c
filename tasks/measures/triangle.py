"""Conflicts between two ways of asking which of two responses is better.

A relation is `A` (the first is better), `B` or `C` (neither is). Each way has some answers; the
floor is how often two answers of one way conflict.
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
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Way:
    """What one way of asking says of two responses: relations, and pairs of independent ones."""

    said: Sequence[str]
    again: Pairs


def from_choices(choices: Sequence[str]) -> Way:
    """The way of answers that name a relation each."""
    return Way(choices, list(combinations(choices, 2)))


def from_scores(first: Sequence[float], second: Sequence[float]) -> Way:
    """The way of scores of both responses; relations with no score in common are independent."""
    said = [_relation(one, other) for one, other in product(first, second)]
    again = [
        (_relation(first[a], second[b]), _relation(first[c], second[d]))
        for a, c in combinations(range(len(first)), 2)
        for b, d in permutations(range(len(second)), 2)
    ]
    return Way(said, again)


def _relation(one: float, other: float) -> str:
    return TIE if one == other else "A" if one > other else "B"


def features(pairs: Iterable[tuple[Way, Way]]) -> tuple[float, ...] | None:
    """The sums' columns of one sample over its pairs of responses; `None` if nothing is known."""
    rows = [_row(one, other) for one, other in pairs if one.said and other.said]
    if not rows:
        return None
    return (1.0, *(_mean(row[at] for row in rows) for at in range(1, len(COLUMNS))))


def _row(one: Way, other: Way) -> tuple[float, ...]:
    crossed = list(product(one.said, other.said))
    strict, differ = _share(crossed, _opposed), _share(crossed, _unequal)
    row = (1.0, strict, differ - strict)
    if not one.again or not other.again:
        return (*row, 0.0, 0.0, 0.0, 0.0, 0.0)
    within, strict_within = (
        (_share(one.again, kind) + _share(other.again, kind)) / 2 for kind in (_unequal, _opposed)
    )
    return (*row, 1.0, differ, within, strict, strict_within)


def _opposed(one: str, other: str) -> bool:
    return one != other and TIE not in (one, other)


def _unequal(one: str, other: str) -> bool:
    return one != other


def _share(pairs: Pairs, kind: Callable[[str, str], bool]) -> float:
    return _mean(float(kind(*pair)) for pair in pairs)


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
    Measure("strict_conflict", None, "lower", strict_conflict, bounded=False),
    Measure("soft_conflict", None, "lower", soft_conflict, bounded=False),
    Measure("strict_conflict_noise", None, "lower", strict_conflict_noise, bounded=False, of=BOTH),
    Measure(
        "strict_conflict_excess", None, "lower", strict_conflict_excess, bounded=False, of=BOTH
    ),
    Measure("conflict_excess", None, "lower", conflict_excess, bounded=False, of=BOTH, skewed=True),
)
