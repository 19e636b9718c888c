"""Order: the same responses shown in another order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from data.records import LETTERS, TIE
from tasks.measures.batch import features as ranking_features
from tasks.measures.kinds import Columns, Floats, Measure, ratio

PAIR_COLUMNS = ("n", "consistent", "first", "second", "primacy", "recency", "labelled", "right")
BATCH_COLUMNS = ("n", "lift", "copy", "pairs", "tau")


def pair_features(base: str, swapped: str, label: str | None) -> tuple[float, ...]:
    """The sums' columns for one pair; verdicts in own order, `base` shown so, `swapped` turned."""
    shown = base + {"A": "B", "B": "A", TIE: TIE}[swapped]
    right = [verdict == label for verdict in (base, swapped)]
    return (
        1.0,
        float(base == swapped),
        shown.count("A") / 2,
        shown.count("B") / 2,
        float(shown in {"AA", "AC", "CA"}),
        float(shown in {"BB", "BC", "CB"}),
        float(label is not None),
        sum(right) / 2 if label is not None else 0.0,
    )


def batch_features(rankings: Mapping[tuple[int, ...], str]) -> tuple[float, ...]:
    """The sums' columns for one sample's rankings (own order) by the order shown."""
    size = len(next(iter(rankings)))
    first = [ranked[0] == LETTERS[shown[0]] for shown, ranked in rankings.items()]
    copied = [ranked == "".join(LETTERS[i] for i in shown) for shown, ranked in rankings.items()]
    taus = [ranking_features(a, b)[2] for a, b in combinations(rankings.values(), 2)]
    return (
        1.0,
        sum(first) / len(first) - 1 / size,
        sum(copied) / len(copied) - 1 / math.factorial(size),
        float(bool(taus)),
        sum(taus) / len(taus) if taus else 0.0,
    )


def _pair(sums: Floats, name: str) -> Floats:
    return sums[..., PAIR_COLUMNS.index(name)]


def first_preference(sums: Floats, columns: Columns) -> Floats:
    """P(first shown wins) - P(second shown wins), each the mean of both orders of a pair.

    Quality cancels, because each response is shown first once; above zero the judge prefers what
    it sees first.
    """
    return ratio(_pair(sums, "first") - _pair(sums, "second"), sums[..., 0])


def position_consistency(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs with the same winner, or a tie, in both orders.

    No repeats stand beside it here, so that noise counts as inconsistency too.
    """
    return ratio(_pair(sums, "consistent"), sums[..., 0])


def preference_fairness(sums: Floats, columns: Columns) -> Floats:
    """(r - p) / n with r pairs that favour the later and p pairs that favour the earlier place.

    Source: preference fairness of the position-bias studies, whose formula reduces to this; below
    zero is primacy.
    """
    return ratio(_pair(sums, "recency") - _pair(sums, "primacy"), sums[..., 0])


def both_order_accuracy(sums: Floats, columns: Columns) -> Floats:
    """Mean over both orders of the share of pairs judged as the label says, ties included."""
    return ratio(_pair(sums, "right"), _pair(sums, "labelled"))


def first_slot_lift(sums: Floats, columns: Columns) -> Floats:
    """P(the response in the first slot is ranked best) - 1/k, over the rotations of a sample.

    Each response stands in each slot once, so that quality cancels.
    """
    return ratio(sums[..., BATCH_COLUMNS.index("lift")], sums[..., 0])


def copy_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of rankings that repeat the order shown, minus the 1/k! of chance."""
    return ratio(sums[..., BATCH_COLUMNS.index("copy")], sums[..., 0])


def order_tau(sums: Floats, columns: Columns) -> Floats:
    """Mean Kendall tau between a sample's rankings under different orders shown."""
    pairs = sums[..., BATCH_COLUMNS.index("pairs")]
    return ratio(sums[..., BATCH_COLUMNS.index("tau")], pairs)


PAIR = (
    Measure("first_preference", "pair", "neither", first_preference),
    Measure("position_consistency", "pair", "higher", position_consistency),
    Measure("preference_fairness", "pair", "neither", preference_fairness),
    Measure("both_order_accuracy", "pair", "higher", both_order_accuracy),
)
BATCH = (
    Measure("first_slot_lift", "batch", "neither", first_slot_lift),
    Measure("copy_rate", "batch", "lower", copy_rate),
    Measure("order_tau", "batch", "higher", order_tau),
)
MEASURES = (*PAIR, *BATCH)
