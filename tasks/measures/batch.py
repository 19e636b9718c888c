"""Batch ranking: a judge's order of k responses against the human order."""

from __future__ import annotations

import functools
import itertools
import math
import random
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from data.rankings import TIED, in_favour, letters_of, orders, tied_groups
from data.records import LETTERS
from tasks.measures.kinds import Columns, Floats, Measure, Value, ratio

COLUMNS = (
    "n", "levenshtein", "tau", "footrule", "top1", "exact",
    "levenshtein_beyond", "footrule_beyond", "top1_beyond", "exact_beyond",
)  # fmt: skip
ENUMERATED = 7  # longest ranking whose orders are all looked at for chance levels
SAMPLED = 5000  # orders looked at for longer ones


@functools.lru_cache(maxsize=65536)
def features(label: str, verdict: str) -> tuple[float, ...]:
    """The sums' columns for one ranking against one label.

    Letters the label ties stand as in the verdict: their order is no mistake. A verdict with ties
    (another annotator's) is worth the mean over the orders it allows.
    """
    if TIED in verdict:
        rows = [features(label, order) for order in _orders(verdict)]
        return tuple(float(np.mean(column)) for column in zip(*rows, strict=True))
    truth, groups = in_favour(label, verdict), tied_groups(label)
    ordered = [pair for first, second in combinations(groups, 2) for pair in product(first, second)]
    discordant = sum(verdict.index(a) > verdict.index(b) for a, b in ordered)
    return _row(
        tuple(map(len, groups)),
        edits=levenshtein_distance(verdict, truth),
        tau=1.0 - 2.0 * discordant / len(ordered),
        moved=_moved(verdict, truth),
        top1=float(verdict[0] in groups[0]),
        exact=float(verdict == truth),
    )


def extremes(label: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The columns of the worst and of the best ranking against a label, each on its own."""
    groups = tuple(map(len, tied_groups(label)))
    by_chance = chance(groups)
    worst = _row(groups, by_chance.most_edits, -1.0, by_chance.most_moved, 0.0, 0.0)
    return worst, _row(groups, 0, 1.0, 0, 1.0, 1.0)


def _row(
    groups: tuple[int, ...], edits: float, tau: float, moved: float, top1: float, exact: float
) -> tuple[float, ...]:
    by_chance, size = chance(groups), sum(groups)
    allowed = math.prod(map(math.factorial, groups))
    return (
        1.0,
        edits / size,
        tau,
        moved / by_chance.most_moved,
        top1,
        exact,
        1.0 - edits / by_chance.edits,
        1.0 - moved / by_chance.moved,
        _beyond(top1, groups[0] / size),
        _beyond(exact, allowed / math.factorial(size)),
    )


def _beyond(share: float, by_chance: float) -> float:
    return (share - by_chance) / (1 - by_chance)


@dataclass(frozen=True)
class Chance:
    """Mean and most Levenshtein edits and footrule of the orders of k responses."""

    edits: float
    most_edits: int
    moved: float
    most_moved: int


@functools.lru_cache(maxsize=1024)
def chance(groups: tuple[int, ...]) -> Chance:
    """Chance levels against a label whose first `groups[0]` letters are tied, and so on.

    Over all orders of up to seven letters, else over 5,000 drawn; the footrule is furthest for the
    label read backwards.
    """
    letters = iter(LETTERS)
    label = "".join(TIED.join(itertools.islice(letters, size)) for size in groups)
    found = [(order, in_favour(label, order)) for order in _orders(TIED.join(letters_of(label)))]
    edits = [levenshtein_distance(order, truth) for order, truth in found]
    size = sum(groups)
    strict = len(groups) == size
    moved = (size * size - 1) / 3 if strict else np.mean([_moved(*pair) for pair in found])
    last = letters_of(label)[::-1]
    most = _moved(last, in_favour(label, last))
    return Chance(sum(edits) / len(edits), max(edits), float(moved), most)


def _orders(ranking: str) -> list[str]:
    """The strict orders a ranking allows: all of up to seven letters, else 5,000 drawn."""
    letters = letters_of(ranking)
    if len(letters) <= ENUMERATED:
        return list(orders(ranking))
    draw, groups = random.Random(len(letters)), tied_groups(ranking)
    return ["".join("".join(draw.sample(g, len(g))) for g in groups) for _ in range(SAMPLED)]


def _moved(verdict: str, truth: str) -> int:
    return sum(abs(verdict.index(letter) - place) for place, letter in enumerate(truth))


def levenshtein_distance(first: str, second: str) -> int:
    """The number of insertions, deletions and replacements between two strings."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(first, second))


def kendall(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of 1 - d / E[d], d the Kendall distance, E[d] that of a random order.

    It is 1 for the human order, 0 for chance and -1 for the reverse, whatever the number of
    responses; for orders without ties it is Kendall's tau. Pairs that the label ties do not count.
    """
    return _mean(sums, "tau")


def levenshtein(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of the Levenshtein distance to the human order, divided by k.

    Responses that the label ties stand in the judge's order, here and in the footrule.
    Source: the benchmark's measure of batch ranking. A random order of four scores .656.
    """
    return _mean(sums, "levenshtein")


def kendall_distance(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of the share of response pairs put the other way round."""
    return (1.0 - _mean(sums, "tau")) / 2.0


def footrule(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of Spearman's footrule, the sum of displacements, over its maximum.

    The maximum for k responses is floor(k^2 / 2) (Diaconis and Graham 1977).
    """
    return _mean(sums, "footrule")


def top1(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings whose first response is the human's first, or one of those tied there."""
    return _mean(sums, "top1")


def exact(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings that are the human order, or one of those its ties allow."""
    return _mean(sums, "exact")


def beyond_chance(name: str, what: str) -> Value:
    """A measure's chance-corrected function: 1 at its best, 0 for a random order of each k."""

    def function(sums: Floats, columns: Columns) -> Floats:
        return _mean(sums, f"{name}_beyond")

    function.__doc__ = f"{what} beyond chance: 1 for the human order, 0 for a random order of k."
    return function


def _mean(sums: Floats, name: str) -> Floats:
    return ratio(sums[..., COLUMNS.index(name)], sums[..., 0])


MEASURES = (
    Measure("kendall", "batch", "higher", kendall, primary=True),
    Measure("levenshtein", "batch", "lower", levenshtein),
    Measure("kendall_distance", "batch", "lower", kendall_distance),
    Measure("footrule", "batch", "lower", footrule),
    Measure("top1", "batch", "higher", top1, share=True),
    Measure("exact_order", "batch", "higher", exact, share=True),
    Measure(
        "levenshtein_beyond_chance", "batch", "higher",
        beyond_chance("levenshtein", "Levenshtein distance"),
    ),
    Measure(
        "footrule_beyond_chance", "batch", "higher", beyond_chance("footrule", "Footrule distance")
    ),
    Measure(
        "top1_beyond_chance", "batch", "higher", beyond_chance("top1", "Agreement on the first")
    ),
    Measure(
        "exact_order_beyond_chance", "batch", "higher", beyond_chance("exact", "Equal orders")
    ),
)  # fmt: skip
