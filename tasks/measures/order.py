"""Order of a pair: the same two responses shown in both orders, each asked some times.

Draws are verdicts in own order, `None` where an answer has no readable verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product

import numpy as np

from data.records import LETTERS, TIE
from tasks.measures.bounds import bounds
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Columns, Floats, Ints, Limits, Measure, part, ratio

Draws = Sequence[str | None]
COLUMNS = (
    "n", "consistent", "first", "second", "primacy", "recency",
    "labelled", "right",
    "both", "cross", "within",
    "all", "unread", "gap",
)  # fmt: skip
ROUNDING = 1e-9
TURNED = {"A": "B", "B": "A", TIE: TIE}


def features(base: Draws, swapped: Draws, label: str | None) -> tuple[float, ...]:
    """The sums' columns for one pair, shown in its own order and swapped."""
    found = dict.fromkeys(COLUMNS, 0.0)
    answers = [*base, *swapped]
    found |= {"all": 1.0, "unread": sum(verdict is None for verdict in answers) / len(answers)}
    shown, turned = _readable(base), _readable(swapped)
    if shown and turned:
        found |= _pair_columns(shown, turned, label)
    if len(shown) > 1 and len(turned) > 1:
        found |= {
            "both": 1.0,
            "cross": _mean([x != y for x, y in product(shown, turned)]),
            "within": (_flips(shown) + _flips(turned)) / 2,
        }
    return tuple(found.values())


def limits(base: Draws, swapped: Draws, label: str | None) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if every answer without a verdict spoke for one side.

    At first for the second place, against consistency and against the label, then the other way.
    Whether two answers differ is said of every two by themselves, within an order the other way
    round, and `gap` is the share that may have been ties: never too narrow.
    """
    given = features(base, swapped, label)
    return tuple(
        tuple(
            new - old if name in _FILLED else 0.0
            for name, new, old in zip(
                COLUMNS, _filled(base, swapped, label, up), given, strict=True
            )
        )
        for up in (False, True)
    )


_FILLED = frozenset(COLUMNS) - {"all", "unread"}


def _filled(base: Draws, swapped: Draws, label: str | None, up: bool) -> tuple[float, ...]:
    """The columns with the place that is spoken for in place of each missing verdict."""
    place = 0 if up else 1
    shown = [verdict or LETTERS[place] for verdict in base]
    turned = [verdict or LETTERS[1 - place] for verdict in swapped]
    found = dict.fromkeys(COLUMNS, 0.0) | _pair_columns(shown, turned, label)
    gaps = [x is None or y is None for x, y in product(base, swapped)]
    same = [x == y for x, y in product(base, swapped)]
    found["consistent"] = _mean([up if gap else eq for gap, eq in zip(gaps, same, strict=True)])
    if label is not None:
        orders = [[up if v is None else v == label for v in draws] for draws in (base, swapped)]
        found["right"] = sum(map(_mean, orders)) / 2
    found["gap"] = (base.count(None) / len(base) + swapped.count(None) / len(swapped)) / 2
    if len(base) > 1 and len(swapped) > 1:
        found |= {
            "both": 1.0,
            "cross": _differing(product(base, swapped), not up),
            "within": sum(_differing(combinations(way, 2), up) for way in (base, swapped)) / 2,
        }
    return tuple(found.values())


def _differing(pairs: Iterable[tuple[str | None, str | None]], unknown: bool) -> float:
    """The share of pairs that differ; what one of a missing answer does is given."""
    return _mean([unknown if x is None or y is None else x != y for x, y in pairs])


def _pair_columns(
    shown: Sequence[str], turned: Sequence[str], label: str | None
) -> dict[str, float]:
    places = [TURNED[verdict] for verdict in turned]  # as shown, the first of them being A
    both = [x + y for x, y in product(shown, places)]
    return {
        "n": 1.0,
        "consistent": _mean([x == y for x, y in product(shown, turned)]),
        "first": (_share(shown, "A") + _share(places, "A")) / 2,
        "second": (_share(shown, "B") + _share(places, "B")) / 2,
        "primacy": _mean([two in {"AA", "AC", "CA"} for two in both]),
        "recency": _mean([two in {"BB", "BC", "CB"} for two in both]),
        "labelled": float(label is not None),
        "right": 0.0 if label is None else (_share(shown, label) + _share(turned, label)) / 2,
    }


def _flips(draws: Sequence[str]) -> float:
    return _mean([x != y for x, y in combinations(draws, 2)])


def _readable(draws: Draws) -> list[str]:
    return [verdict for verdict in draws if verdict is not None]


def _share(verdicts: Sequence[str], wanted: str) -> float:
    return sum(verdict == wanted for verdict in verdicts) / len(verdicts)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _column(sums: Floats, name: str) -> Floats:
    return sums[..., COLUMNS.index(name)]


def first_preference(sums: Floats, columns: Columns) -> Floats:
    """P(first shown wins) - P(second shown wins), each the mean of both orders of a pair.

    Quality cancels, because each response is shown first once; above zero the judge prefers what
    it sees first. It needs no noise floor.
    """
    return ratio(_column(sums, "first") - _column(sums, "second"), _column(sums, "n"))


def position_consistency(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs with the same winner, or a tie, in both orders.

    Noise counts as inconsistency too; `excess_flip` is what remains of the rest beyond it.
    """
    return ratio(_column(sums, "consistent"), _column(sums, "n"))


def consistency_beyond_coin(sums: Floats, columns: Columns) -> Floats:
    """(PC - coin) / (1 - coin): 1 is full consistency, 0 that of a fair coin which ties as often.

    The coin does not look at the pair: it ties with the judge's share c of ties and is consistent
    in c^2 + (1 - c)^2 / 2. Below zero the judge follows the place rather than the response.
    """
    coin = _coin(_decided(sums))
    return ratio(position_consistency(sums, columns) - coin, 1 - coin)


def _decided(sums: Floats) -> Floats:
    """The share of answers that are no tie."""
    return ratio(_column(sums, "first") + _column(sums, "second"), _column(sums, "n"))


def _coin(decided: Floats) -> Floats:
    return (1 - decided) ** 2 + decided**2 / 2


def _coin_limits(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
    """Those of `consistency_beyond_coin`: consistency at its ends, and any share of ties there is.

    The coin is least consistent where a third are ties. Where all could be ties the lower limit is
    not known, as the coin is then as consistent as the judge.
    """
    if evidence.extremes is None or not evidence.extremes[members].any():
        return bounds(value, evidence, members)
    low, high = bounds(lambda s: position_consistency(s, evidence.columns), evidence, members)
    if low is None or high is None:
        return None, None
    sums = evidence.total(members) + evidence.extremes[members, 0].sum(0)
    most = float(_decided(sums))
    least = max(0.0, most - float(_column(sums, "gap") / _column(sums, "n")))
    beyond = [1 - float(_coin(np.asarray(share))) for share in (least, most)]
    widest = 1 - float(_coin(np.clip(2 / 3, least, most)))
    lowest = None if min(beyond) < ROUNDING else 1 - (1 - low) / min(beyond)
    return lowest, None if widest < ROUNDING else 1 - (1 - high) / widest


def excess_flip(sums: Floats, columns: Columns) -> Floats:
    """Share of pairs whose verdict changes with the order, beyond the repeats of both orders.

    P(differs between orders) less the mean of P(two answers in one order differ); it estimates
    half the sum of (p - q)^2 over verdicts, and 0 is no change. Undefined without repeats.
    """
    return ratio(_column(sums, "cross") - _column(sums, "within"), _column(sums, "both"))


def preference_fairness(sums: Floats, columns: Columns) -> Floats:
    """(r - p) / n with r pairs that favour the later and p pairs that favour the earlier place.

    Source: preference fairness of the position-bias studies, whose formula reduces to this; below
    zero is primacy.
    """
    return ratio(_column(sums, "recency") - _column(sums, "primacy"), _column(sums, "n"))


def both_order_accuracy(sums: Floats, columns: Columns) -> Floats:
    """Mean over both orders of the share of pairs judged as the label says, ties included."""
    return ratio(_column(sums, "right"), _column(sums, "labelled"))


def pair_unreadable(sums: Floats, columns: Columns) -> Floats:
    """Share of the answers in both orders of a pair that have no readable verdict."""
    return ratio(_column(sums, "unread"), _column(sums, "all"))


BOTH, LABELLED, ALL = ((part(COLUMNS, name),) for name in ("both", "labelled", "all"))
MEASURES = (
    Measure("first_preference", "pair", "neither", first_preference),
    Measure("excess_flip", "pair", "lower", excess_flip, of=BOTH, skewed=True),
    Measure("position_consistency", "pair", "higher", position_consistency),
    Measure(
        "consistency_beyond_coin", "pair", "higher", consistency_beyond_coin, limits=_coin_limits
    ),
    Measure("preference_fairness", "pair", "neither", preference_fairness),
    Measure(
        "both_order_accuracy", "pair", "higher", both_order_accuracy, of=LABELLED, labelled=True
    ),
    Measure(
        "pair_unreadable", "pair", "lower", pair_unreadable, bounded=False, of=ALL, certain=True
    ),
)
