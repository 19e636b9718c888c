"""Batch ranking: a judge's order of k responses against the human order."""

from __future__ import annotations

import functools
import math
import random
from dataclasses import dataclass
from itertools import combinations, permutations

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
    """The sums' columns for one ranking against one label."""
    size = len(label)
    place = {letter: index for index, letter in enumerate(verdict)}
    moved = sum(abs(place[letter] - index) for index, letter in enumerate(label))
    pairs = size * (size - 1) / 2
    discordant = sum(place[a] > place[b] for a, b in combinations(label, 2))
    tau = 1.0 - 2.0 * discordant / pairs if pairs else 0.0
    edits = levenshtein_distance(verdict, label)
    return _row(size, edits, tau, moved, float(label[0] == verdict[0]), float(label == verdict))


def extremes(size: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The columns of the worst and of the best ranking of `size` responses, each on its own."""
    worst = _row(size, chance(size).most_edits, -1.0, size * size // 2, 0.0, 0.0)
    return worst, _row(size, 0, 1.0, 0, 1.0, 1.0)


def _row(
    size: int, edits: float, tau: float, moved: float, top1: float, exact: float
) -> tuple[float, ...]:
    by_chance = chance(size)
    furthest = max(size * size // 2, 1)
    return (
        1.0,
        edits / size,
        tau,
        moved / furthest,
        top1,
        exact,
        1.0 - edits / by_chance.edits if by_chance.edits else 0.0,
        1.0 - moved / by_chance.moved if by_chance.moved else 0.0,
        _beyond(top1, 1 / size),
        _beyond(exact, 1 / math.factorial(size)),
    )


def _beyond(share: float, by_chance: float) -> float:
    return (share - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


@dataclass(frozen=True)
class Chance:
    """What a random order of k responses gives: mean and most Levenshtein edits, mean footrule."""

    edits: float
    most_edits: int
    moved: float


@functools.lru_cache(maxsize=32)
def chance(size: int) -> Chance:
    """Chance levels for rankings of `size`: over all orders up to seven, else over 5,000 drawn."""
    label = LETTERS[:size]
    if size <= ENUMERATED:
        orders = ["".join(order) for order in permutations(label)]
    else:
        draw = random.Random(size)
        orders = ["".join(draw.sample(label, size)) for _ in range(SAMPLED)]
    edits = [levenshtein_distance(order, label) for order in orders]
    return Chance(sum(edits) / len(edits), max(edits), (size * size - 1) / 3)


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


def kendall_distance(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of the share of response pairs put the other way round."""
    return (1.0 - _mean(sums, "tau")) / 2.0


def footrule(sums: Floats, columns: Columns) -> Floats:
    """Mean over rankings of Spearman's footrule, the sum of displacements, over its maximum.

    The maximum for k responses is floor(k^2 / 2) (Diaconis and Graham 1977).
    """
    return _mean(sums, "footrule")


def top1(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings whose first response is the human's first."""
    return _mean(sums, "top1")


def exact(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings equal to the human order."""
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
