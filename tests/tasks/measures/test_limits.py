"""Limits for missing verdicts against every verdict that could have been given."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from data.records import Scale
from tasks.measures import anchoring, contrast, imagery, imagery_limits, remedied, scale_use, slots
from tasks.measures.bounds import bounds
from tasks.measures.contrast import Reading
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Measure
from tasks.measures.noisiness import MEASURES as NOISE
from tasks.measures.resampling import values
from tasks.measures.side_by_side import AGREEMENT, limits, side

PLAIN = Columns(NOTHING, NOTHING)
Draws = list[str | None]
THREE = Scale(low=1, high=3)
WORST = 1e-9
Features = Callable[..., tuple[float, ...] | None]
Ends = Callable[..., tuple[tuple[float, ...], ...]]


def told(
    samples: Sequence[Sequence[Any]], features: Features, ends: Ends, said: Sequence[str]
) -> tuple[Evidence, list[Any]]:
    """Evidence of samples with gaps, and the sums of every way to fill all of them.

    A sample is its draws in several arms and whatever else its features take.
    """
    given = [features(*one) for one in samples]
    limited = [ends(*one) for one in samples]
    width = len(limited[0][0])
    rows = np.array([row or (0.0,) * width for row in given])
    answered = np.array([row is not None for row in given], dtype=np.int64)
    evidence = Evidence(PLAIN, rows, answered, np.ones_like(answered), extremes=np.array(limited))
    each = []
    for one in samples:
        filled = {features(*every) for every in _fillings(one, said)}
        each.append([np.array(row) for row in filled])
    return evidence, [np.sum(rows, axis=0) for rows in product(*each)]


def _fillings(one: Sequence[Any], said: Sequence[str]) -> list[list[Any]]:
    arms = [at for at, part in enumerate(one) if isinstance(part, list)]
    gaps = [(at, nth) for at in arms for nth, draw in enumerate(one[at]) if draw is None]
    found = []
    for words in product(said, repeat=len(gaps)):
        filled = [list(part) if isinstance(part, list) else part for part in one]
        for (at, nth), word in zip(gaps, words, strict=True):
            filled[at][nth] = word
        found.append(filled)
    return found


def check(evidence: Evidence, possible: list[Any], measure: Measure, exact: bool) -> None:
    def value(sums: Any) -> Any:
        return values(lambda s: measure.value(s, PLAIN), sums)

    every = value(np.array(possible))
    low, high = (measure.limits or bounds)(value, evidence, np.arange(len(evidence.features)))
    assert low is not None and high is not None, measure.name
    assert low <= np.nanmin(every) + WORST, measure.name
    assert high >= np.nanmax(every) - WORST, measure.name
    if exact:
        assert (low, high) == pytest.approx((np.nanmin(every), np.nanmax(every))), measure.name


def draws(rng: np.random.Generator, said: Sequence[str], count: int, gaps: float) -> Draws:
    return [None if rng.random() < gaps else str(rng.choice(list(said))) for _ in range(count)]


ATTACKED = Reading(
    value=lambda v: 0.5 if v == "C" else float(v == "B"),
    loss=lambda v: float(v != "A"),
    right=lambda v: v == "A",
    taken=lambda v: v == "B",
)


@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_a_contrast(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = [(draws(rng, "ABC", 2, 0.3), draws(rng, "ABC", 2, 0.3), ATTACKED) for _ in range(5)]
    evidence, possible = told(samples, contrast.features, contrast.limits, "ABC")
    exact = {"effect", "loss_shift"}
    for measure in (*contrast.MEASURES[:-1], *NOISE):
        check(evidence, possible, measure, measure.name in exact)


@pytest.mark.parametrize("seed", range(3))
def test_no_ranking_leaves_the_limits_of_slots(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["ABC", "BAC", "CBA", "BCA", "CAB", "ACB"]
    shown = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    samples = [[draws(rng, names, 2, 0.15) for _ in shown] for _ in range(3)]

    def features(*arms: Draws) -> tuple[float, ...]:
        return slots.features(dict(zip(shown, arms, strict=True)))

    def ends(*arms: Draws) -> tuple[tuple[float, ...], ...]:
        return slots.limits(dict(zip(shown, arms, strict=True)))

    evidence, possible = told(samples, features, ends, names)
    exact = {"first_slot_lift", "slot_correlation", "copy_rate"}
    for measure in slots.MEASURES[:-1]:
        check(evidence, possible, measure, measure.name in exact)


@pytest.mark.parametrize("seed", range(3))
def test_no_score_leaves_the_limits_of_a_changed_picture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "123", 2, 0.25), draws(rng, "123", 2, 0.25), THREE, float(label))
        for label in (1, 2, 3, 3, 1)
    ]
    evidence, possible = told(samples, imagery.score_features, imagery_limits.score_limits, "123")
    for measure in (imagery.LOST, imagery.AUC, imagery.LIFT):
        check(evidence, possible, measure, measure is not imagery.LIFT)


def test_no_choice_leaves_the_limits_of_lost_agreement() -> None:
    samples: list[Any] = [(["A", None], ["B", "A"], "A"), (["B", "B"], [None, "C"], "B")]
    evidence, possible = told(
        samples, imagery.agreement_features, imagery_limits.agreement_limits, "ABC"
    )
    check(evidence, possible, imagery.LOST, exact=True)


@pytest.mark.parametrize(("mode", "said"), [("pair", "ABC"), ("score", "123")])
@pytest.mark.parametrize("seed", range(3))
def test_no_verdict_leaves_the_limits_of_agreement(mode: Any, said: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, said, 1, 0.35), draws(rng, said, 1, 0.35), label) for label in [*said, *said]
    ]

    def features(plain: Any, changed: Any, label: str) -> tuple[float, ...] | None:
        ways = [[v for v in way if v is not None] for way in (plain, changed)]
        if not all(ways):
            return None
        return (*side(mode, [label], ways[0]), *side(mode, [label], ways[1]))

    def ends(plain: Any, changed: Any, label: str) -> tuple[tuple[float, ...], ...]:
        return limits(mode, [label], (plain, changed), (1.0, 3.0))

    evidence, possible = told(samples, features, ends, said)
    for measure in AGREEMENT:
        check(evidence, possible, measure, mode == "pair")


def test_the_limits_of_a_correlation_are_those_of_scores_on_a_fine_scale() -> None:
    """What the search finds is there, but for what lies between the steps of the grid."""
    rng = np.random.default_rng(1)
    fine = [f"{x:.2f}" for x in np.linspace(1, 3, 21)]
    samples: list[Any] = [
        ([None] if at in {1, 4, 5} else [str(rng.choice(fine))], ["2"], label)
        for at, label in enumerate("123123")
    ]

    def features(plain: Any, changed: Any, label: str) -> tuple[float, ...] | None:
        if plain[0] is None:
            return None
        return (*side("score", [label], plain), *side("score", [label], changed))

    def ends(plain: Any, changed: Any, label: str) -> tuple[tuple[float, ...], ...]:
        return limits("score", [label], (plain, changed), (1.0, 3.0))

    evidence, possible = told(samples, features, ends, fine)
    measure = AGREEMENT[0]
    every = values(lambda s: measure.value(s, PLAIN), np.array(possible))
    assert measure.limits is not None
    low, high = measure.limits(lambda s: measure.value(s, PLAIN), evidence, np.arange(6))
    assert low is not None and high is not None
    assert high == pytest.approx(np.nanmax(every), abs=0.005) and high >= np.nanmax(every) - WORST
    assert low <= np.nanmin(every) + WORST


def test_no_score_leaves_the_limits_of_distances_and_of_the_anchor() -> None:
    rng = np.random.default_rng(0)
    samples: list[Any] = [
        (draws(rng, "123", 2, 0.3), draws(rng, "123", 2, 0.3), 3.0) for _ in range(4)
    ]

    def ends(base: Draws, arm: Draws, listed: float) -> tuple[tuple[float, ...], ...]:
        return scale_use.limits(base, arm, listed, THREE)

    evidence, possible = told(samples, scale_use.features, ends, "123")
    distance, listed = scale_use.MEASURES
    check(evidence, possible, distance, exact=False)
    check(evidence, possible, listed, exact=True)

    def slope(*arms: Draws) -> tuple[float, ...]:
        return anchoring.features(
            {k: [float(v) for v in own if v is not None] for k, own in enumerate(arms, 1)}
        )

    def slope_ends(*arms: Draws) -> tuple[tuple[float, ...], ...]:
        by_score = {
            k: [None if v is None else float(v) for v in own] for k, own in enumerate(arms, 1)
        }
        return anchoring.limits(by_score, (1.0, 3.0))

    anchored = [[draws(rng, "123", 2, 0.3) for _ in range(3)] for _ in range(3)]
    evidence, possible = told(anchored, slope, slope_ends, "123")
    check(evidence, possible, anchoring.MEASURES[0], exact=True)


def test_no_choice_leaves_the_limits_of_a_remedys_order_effect() -> None:
    rng = np.random.default_rng(0)
    samples = [[draws(rng, "ABC", 2, 0.25) for _ in range(4)] for _ in range(3)]

    def features(*ways: Draws) -> tuple[float, ...] | None:
        read = [[v for v in way if v is not None] for way in ways]
        if not all(read):
            return None
        first = remedied.first_over_second
        return 1.0, first(read[0], read[1]), first(read[2], read[3])

    def ends(*ways: Draws) -> tuple[tuple[float, ...], ...]:
        return remedied.limits(ways)

    evidence, possible = told(samples, features, ends, "ABC")
    for measure in remedied.MEASURES:
        check(evidence, possible, measure, exact=True)
