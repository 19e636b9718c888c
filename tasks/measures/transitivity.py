"""Transitivity of pair verdicts: three responses to one item, compared two by two.

A triple is transitive if some weak order of its three responses (better, worse or equal) gives all
three verdicts. Noise alone breaks triples: with repeats, the *floor* is the share that a transitive
judge with the same noise would break. Each triple's weak order is the one closest to all its
repeats; how often a verdict departs from it, pooled over triples, is the noise. The order is fitted
to the same repeats, so that with few of them the floor is a little low.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from tasks.measures.evidence import NOTHING, Answers, Evidence, marks
from tasks.measures.kinds import Columns, Floats, Measure, ratio

Row = Mapping[str, Any]
Relation = tuple[int, int, int]  # of responses 0-1, 1-2 and 0-2: 1 better, 0 equal, -1 worse
SIGNS = (1, 0, -1)
RELATIONS: tuple[Relation, ...] = tuple((a, b, c) for a in SIGNS for b in SIGNS for c in SIGNS)


def _relation(levels: Sequence[int]) -> Relation:
    x, y, z = levels
    return ((x > y) - (x < y), (y > z) - (y < z), (x > z) - (x < z))


ORDERS: tuple[Relation, ...] = tuple(sorted({_relation(x) for x in product(range(3), repeat=3)}))
CYCLES: tuple[Relation, ...] = ((1, 1, -1), (-1, -1, 1))
# n, broken, cycles, items, items with a broken triple, then orders by kind, then departures
SHAPES = ("three levels", "two levels", "all equal")
START = 5
WIDTH = START + 1 + len(SHAPES) + 6  # how strict and equal relations were said


def evidence(samples: Sequence[Row], answers: Answers) -> Evidence | None:
    """Sums over the triples of each item, standing at its first sample; `None` without triples."""
    said, asked = marks(samples, answers)
    items: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        items.setdefault(sample["item_id"], []).append(index)
    features = np.zeros((len(samples), WIDTH))
    compared = np.zeros(len(samples), dtype=np.int64)
    whole = np.zeros(len(samples), dtype=np.int64)
    for members in items.values():
        for triple, turned in _triples([samples[i] for i in members]):
            where = [members[i] for i in triple]
            compared[where] = 1
            verdicts = [
                [turn * {"A": 1, "B": -1, "C": 0}[verdict] for verdict in said[i]]
                for i, turn in zip(where, turned, strict=True)
            ]
            if all(verdicts):
                whole[where] = 1
                features[members[0]] += _sums(verdicts)
        features[members[0], 3] = float(features[members[0], 0] > 0)
        features[members[0], 4] = float(features[members[0], 1] > 0)
    if not compared.any():
        return None
    return Evidence(Columns(NOTHING, NOTHING), features, whole, asked * compared)


def _triples(pairs: Sequence[Row]) -> Iterator[tuple[tuple[int, int, int], Relation]]:
    """Triples of pairs that compare three responses two by two, and which way each pair stands."""
    sides = [tuple((r["author"], r["text"]) for r in pair["responses"] or ()) for pair in pairs]
    at = {frozenset(side): i for i, side in enumerate(sides) if len(set(side)) == 2}
    names = sorted({name for side in at for name in side})
    for x, y, z in combinations(names, 3):
        wanted = [(x, y), (y, z), (x, z)]
        found = [at.get(frozenset(pair)) for pair in wanted]
        if None not in found:
            a, b, c = (place for place in found if place is not None)
            first, second, third = (
                1 if sides[place] == pair else -1
                for place, pair in zip((a, b, c), wanted, strict=True)
            )
            yield (a, b, c), (first, second, third)


def _sums(verdicts: Sequence[Sequence[int]]) -> Floats:
    """A triple's columns: first repeats for the rates, all repeats for the floor."""
    row = np.zeros(WIDTH)
    first = (verdicts[0][0], verdicts[1][0], verdicts[2][0])
    row[:3] = 1.0, float(first not in ORDERS), float(first in CYCLES)
    if min(map(len, verdicts)) > 1:
        order = max(ORDERS, key=lambda o: _matches(o, verdicts))
        row[START] = 1.0
        row[START + 1 + {0: 0, 1: 1, 3: 2}[order.count(0)]] = 1.0
        for meant, given in zip(order, verdicts, strict=True):
            start = START + 4 + 3 * (meant == 0)
            for verdict in given:
                # strict relations are turned the same way; equal ones have no direction
                places = [1 - meant * verdict] if meant else [1 - verdict, 1 + verdict]
                for place in places:
                    row[start + place] += 1 / len(given) / len(places)
    return row


def _matches(order: Relation, verdicts: Sequence[Sequence[int]]) -> float:
    return sum(
        given.count(meant) / len(given) for meant, given in zip(order, verdicts, strict=True)
    )


def intransitivity(sums: Floats, columns: Columns) -> Floats:
    """Share of triples whose three verdicts no order of the responses, ties included, can give.

    A judge that answers at random breaks 14 of 27.
    """
    return ratio(sums[..., 1], sums[..., 0])


def cycle_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of triples in a strict cycle: A beats B, B beats C, C beats A."""
    return ratio(sums[..., 2], sums[..., 0])


def item_intransitivity(sums: Floats, columns: Columns) -> Floats:
    """Share of items with at least one intransitive triple."""
    return ratio(sums[..., 4], sums[..., 3])


def intransitivity_floor(sums: Floats, columns: Columns) -> Floats:
    """Share of triples that a transitive judge with the same noise over repeats would break.

    Not defined without repeats. `intransitivity` means something only above it.
    """
    triples = sums[..., START]
    kinds = sums[..., START + 1 : START + 4]
    departures = sums[..., START + 4 :].reshape(*sums.shape[:-1], 2, 3)
    given = ratio(departures, departures.sum(-1, keepdims=True))
    given = np.where(np.isnan(given), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), given)
    broken = sum(
        kinds[..., kind] * sum(_chance(order, relation, given) for relation in _BROKEN)
        for kind, order in enumerate(((1, 1, 1), (0, 1, 1), (0, 0, 0)))
    )
    return ratio(np.asarray(broken), triples)


_BROKEN = tuple(relation for relation in RELATIONS if relation not in ORDERS)


def _chance(order: Relation, relation: Relation, given: Floats) -> Floats:
    """Probability that an order's three pairs are given as `relation`, each with its own noise."""
    chance = np.ones(given.shape[:-2])
    for meant, said in zip(order, relation, strict=True):
        row = 1 if meant == 0 else 0
        chance = chance * given[..., row, 1 - (meant or 1) * said]
    return chance


MEASURES = (
    Measure("intransitivity", "pair", "lower", intransitivity),
    Measure("intransitivity_floor", "pair", "neither", intransitivity_floor),
    Measure("cycle_rate", "pair", "lower", cycle_rate),
    Measure("item_intransitivity", "pair", "lower", item_intransitivity),
)
