"""Triples of pair verdicts: what an order can give, what noise alone breaks."""

from itertools import combinations, product

import numpy as np
import polars as pl
import pytest

from tasks.config import BootstrapConfig
from tasks.measures import estimate
from tasks.measures.transitivity import CYCLES, ORDERS, RELATIONS
from tests.tasks.measures.conftest import samples, values, verdicts

FEW = BootstrapConfig(replicates=100)
ITEMS, K = 400, 6
PAIRS = list(combinations(range(3), 2))


def test_thirteen_of_twenty_seven_outcomes_are_orders_and_two_are_cycles() -> None:
    assert len(RELATIONS) == 27
    assert len(ORDERS) == 13
    assert not set(CYCLES) & set(ORDERS)


def measured(judged: list[list[str]]) -> dict[str, float | None]:
    """Measures of verdicts by repeat on three pairs an item, the pairs turned now and then."""
    authors = [
        [{"author": f"r{i}", "text": f"{item}"} for i in (pair if item % 2 else pair[::-1])]
        for item, pair in product(range(ITEMS), PAIRS)
    ]
    items = [f"i{item}" for item, _ in product(range(ITEMS), PAIRS)]
    table = samples("pair", ["A"] * len(items), item_id=items, responses=authors, cluster_id=items)
    turned = [item % 2 == 0 for item, _ in product(range(ITEMS), PAIRS)]
    turn = {"A": "B", "B": "A", "C": "C"}
    given = [
        verdicts("pair", [turn[v] if t else v for v, t in zip(said, turned, strict=True)], repeat)
        for repeat, said in enumerate(judged)
    ]
    return values(estimate(table, pl.concat(given), FEW))


def test_a_random_judge_breaks_fourteen_of_twenty_seven() -> None:
    draw = np.random.default_rng(3)
    found = measured([list(draw.choice(list("ABC"), ITEMS * 3))])
    assert found["intransitivity"] == pytest.approx(14 / 27, abs=0.07)
    assert found["cycle_rate"] == pytest.approx(2 / 27, abs=0.04)
    assert found["item_intransitivity"] == found["intransitivity"]
    assert found["intransitivity_floor"] is None


def by_quality(noise: float) -> list[list[str]]:
    """A judge with one order of qualities per item, and noise in every verdict."""
    draw = np.random.default_rng(4)
    quality = draw.permuted(np.tile([0.0, 1.0, 2.0], (ITEMS, 1)), axis=1)
    repeats = []
    for _ in range(K):
        said = []
        for item in range(ITEMS):
            for a, b in PAIRS:
                gap = quality[item, a] - quality[item, b] + draw.normal(0, noise)
                said.append("A" if gap > 0 else "B")
        repeats.append(said)
    return repeats


def test_without_noise_nothing_is_broken() -> None:
    found = measured(by_quality(0.01))
    assert found["intransitivity"] == 0
    assert found["intransitivity_floor"] == 0


def test_what_noise_breaks_is_the_floor() -> None:
    found = measured(by_quality(1.3))
    assert found["intransitivity"] is not None
    assert found["intransitivity"] > 0.05
    assert found["intransitivity_floor"] == pytest.approx(found["intransitivity"], abs=0.05)


def test_a_judge_that_means_its_cycles_stands_far_above_the_floor() -> None:
    rock_paper = ["A", "B", "A"] * ITEMS  # 0 beats 1, 2 beats 0, 1 beats 2
    found = measured([rock_paper] * K)
    assert found["cycle_rate"] == 1
    assert (found["intransitivity_floor"] or 0) < 0.6
