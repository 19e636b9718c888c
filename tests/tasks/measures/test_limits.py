"""Limits for missing verdicts against every verdict that could have been given."""

from typing import Any

import numpy as np
import pytest

from tasks.measures import anchoring, contrast, imagery, imagery_limits, remedied, scale_use, slots
from tasks.measures.contrast import Reading
from tasks.measures.noisiness import MEASURES as NOISE
from tasks.measures.resampling import values
from tasks.measures.side_by_side import AGREEMENT, limits, side
from tests.tasks.measures.fillings import PLAIN, THREE, WORST, Draws, check, draws, told

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
    exact = {"agreement_lost", "mismatch_auc", "bias_deviation"}
    for measure in imagery.MEASURES:
        check(evidence, possible, measure, measure.name in exact)


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
