"""Order, anchoring and distances on the scale find their doses (long runs: `make prove`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pytest

from data.records import Mode, Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tests.proof import judges
from tests.proof.cases import CASES
from tests.proof.pools import Pool, make_pool, plain_samples, verdicts_of
from tests.proof.promise import MORE, RUNS, broken
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover

SIZE = 150
ARM = "descending"  # of the probe `rubric`
Chances = Mapping[str, Floats]  # by variant, of one sample
JUDGES: Mapping[str, Judge] = {
    "first": judges.first_come(0.3),
    "null": judges.first_come(0.0),
    "uneven": judges.unevenly_noisy(judges.first_come(0.3)),
}


def pair_truths(asked: list[Chances]) -> dict[Key, float]:
    """Verdicts are A, B, tie in own order; the base shows A first, the swap B."""
    p, q = (np.array([of_one[name] for of_one in asked]) for name in ("base", "rotated-1"))
    shown, turned = p[:, :2], q[:, 1::-1]
    first, second = (float((shown + turned)[:, at].mean() / 2) for at in (0, 1))
    consistent = float((p * q).sum(1).mean())
    ties = 1 - first - second
    coin = ties**2 + (first + second) ** 2 / 2
    return {
        (None, "first_preference"): first - second,
        (None, "position_consistency"): consistent,
        (None, "consistency_beyond_coin"): (consistent - coin) / (1 - coin),
        (None, "excess_flip"): float(((p - q) ** 2).sum(1).mean() / 2),
    }


def batch_truths(asked: list[Chances]) -> dict[Key, float]:
    """Rankings of three: for every pair of responses the chance that the first is above."""
    names = verdicts_of("batch", 3)
    above = np.array(
        [[name.index(a) < name.index(b) for a, b in combinations("ABC", 2)] for name in names]
    )
    moved, lifted, spearman = [], [], []
    for of_one in asked:
        orders = [of_one[f"rotated-{by}" if by else "base"] for by in range(3)]
        over = [p @ above for p in orders]
        moved.append(np.mean([np.mean((x - y) ** 2) for x, y in combinations(over, 2)]))
        for by, p in enumerate(orders):
            shown = ["ABC"[(by + place) % 3] for place in range(3)]
            lifted.append(p @ np.array([name[0] == shown[0] for name in names]) - 1 / 3)
            ranks = np.array([[name.index(letter) for letter in shown] for name in names])
            spearman.append(p @ np.array([np.corrcoef(row, range(3))[0, 1] for row in ranks]))
    return {
        (None, "excess_reordering"): float(np.mean(moved)),
        (None, "first_slot_lift"): float(np.mean(lifted)),
        (None, "slot_correlation"): float(np.mean(spearman)),
    }


def by_sample(pool: Pool, judge: Judge) -> list[Chances]:
    found: dict[str, dict[str, Floats]] = {}
    for (sample, ask), chance in zip(pool.asked, chances(pool, judge), strict=True):
        found.setdefault(sample.sample_id, {})[ask.variant] = chance[:-1]
    return list(found.values())


Truths = Callable[[list[Chances]], dict[Key, float]]
MODES: Mapping[Mode, Truths] = {"pair": pair_truths, "batch": batch_truths}


@pytest.mark.parametrize("mode", MODES)
def test_a_few_runs_find_the_pull_of_a_place(mode: Mode) -> None:
    pool = make_pool("order", mode, plain_samples(mode, 60, 3))
    truths = MODES[mode](by_sample(pool, JUDGES["first"]))
    found = recover(pool, JUDGES["first"], 12, SIZE)
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 5 * error, metric


@pytest.mark.prove
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", JUDGES)
def test_intervals_of_order_hold_the_truth_at_the_promised_rate(mode: Mode, name: str) -> None:
    pool = make_pool("order", mode, plain_samples(mode, 60, 3))
    truths = MODES[mode](by_sample(pool, JUDGES[name]))
    assert broken(pool, JUDGES[name], truths, SIZE) == {}


def anchored(dose: float) -> Judge:
    """A judge that says the attached score with the dose as probability."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance = judges.labelled(sample)
        name = ask.variant.partition("/")[0]
        if not name.startswith("score-"):
            return chance
        said = np.array([float(f"score-{level}" == name) for level in range(1, 6)])
        return (1 - dose) * chance + dose * said

    return judge


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.3, 0.0])
def test_intervals_of_the_anchor_slope_hold_the_dose_at_the_promised_rate(dose: float) -> None:
    (case,) = [case for case in CASES if case.probe == "reference-score"]
    assert broken(case.pool(), anchored(dose), {(None, "anchor_slope"): dose}, SIZE) == {}


def distances(pool: Pool, judge: Judge) -> dict[Key, float]:
    """What a rubric from the best down does to scores."""
    asked = by_sample(pool, judge)
    p, q = (np.array([of_one[name] for of_one in asked]) for name in ("base", ARM))
    away = np.abs(np.arange(5)[:, None] - np.arange(5)[None, :])
    return {
        (ARM, "excess_distance"): float(np.mean(-np.einsum("ni,ij,nj->n", p - q, away, p - q) / 2)),
        (ARM, "first_listed_shift"): float((q - p)[:, 4].mean()),
    }


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.3, 0.0])
def test_intervals_of_distances_on_the_scale_hold_the_truth(dose: float) -> None:
    (case,) = [case for case in CASES if case.probe == "rubric"]
    pool, judge = case.pool(), judges.follows({ARM: dose})
    assert broken(pool, judge, distances(pool, judge), SIZE) == {}


@pytest.mark.prove
def test_an_interval_of_an_excess_lies_below_the_truth_as_often_as_above() -> None:
    (case,) = [case for case in CASES if case.probe == "rubric"]
    pool, judge = case.pool(), judges.follows({ARM: 0.3})
    truth = distances(pool, judge)[ARM, "excess_distance"]
    found = recover(pool, judge, MORE, SIZE, first=RUNS)
    sides = found.beside(ARM, "excess_distance", truth)
    print(f"excess_distance: {sides[0]:.4f} of {MORE} below, {sides[1]:.4f} above")
    for missed in sides:
        assert missed == pytest.approx(0.025, abs=3.3 * math.sqrt(0.025 * 0.975 / MORE))
