"""Limits of probes for missing verdicts against every verdict that could have been given."""

from typing import Any

import numpy as np
import pytest

from data.records import Scale
from tasks.measures import imagery, imagery_limits, slopes, wording, wording_limits
from tests.tasks.measures.fillings import THREE, Draws, check, draws, limits_of, told, valued


@pytest.mark.parametrize("seed", range(6))
def test_refusals_of_a_changed_picture_alone_have_exact_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "12345", 2, 0.0), draws(rng, "12345", 2, 0.4), Scale(), 3.0) for _ in range(3)
    ]
    evidence, possible = told(samples, imagery.score_features, imagery_limits.score_limits, "12345")
    for measure in (*imagery.DEVIATION, *imagery.CONFORMITY):
        check(evidence, possible, measure, exact=True)


@pytest.mark.parametrize("seed", range(6))
def test_missing_base_scores_have_exact_limits_of_conformity_and_deviation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "12345", 2, 0.4), draws(rng, "12345", 2, 0.0), Scale(), 3.0) for _ in range(3)
    ]
    evidence, possible = told(samples, imagery.score_features, imagery_limits.score_limits, "12345")
    exact = {"bias_deviation", "bias_conformity"}
    for measure in (*imagery.DEVIATION, *imagery.CONFORMITY):
        check(evidence, possible, measure, measure.name in exact)


def test_limits_are_the_value_where_nothing_is_missing() -> None:
    rng = np.random.default_rng(0)
    samples: list[Any] = [
        (draws(rng, "123", 2, 0.0), draws(rng, "123", 2, 0.0), THREE, float(label))
        for label in (1, 2, 3)
    ]
    evidence, _ = told(samples, imagery.score_features, imagery_limits.score_limits, "123")
    assert evidence.extremes is not None and not evidence.extremes.any()
    for measure in imagery.MEASURES:
        low, high = limits_of(measure, evidence)
        assert low == high == float(valued(measure, evidence.total())), measure.name


@pytest.mark.parametrize("mode", ["score", "pair"])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_slopes_over_doses(mode: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = "123" if mode == "score" else "ABC"

    def apart(one: str, other: str) -> float:
        return abs(float(one) - float(other)) if mode == "score" else float(one != other)

    def furthest(verdict: str | None) -> float:
        return max(apart(verdict, other) for other in said) if verdict else apart(said[0], said[-1])

    def value(verdict: str) -> float:
        return float(verdict) if mode == "score" else 0.5 if verdict == "C" else verdict == "B"

    def features(base: Draws, *arms: Draws) -> tuple[float, ...] | None:
        return slopes.series_features(base, arms, apart, value)

    def ends(base: Draws, *arms: Draws) -> tuple[tuple[float, ...], ...]:
        low_high = (1.0, 3.0) if mode == "score" else (0.0, 1.0)
        return slopes.series_limits(base, arms, apart, furthest, value, low_high)

    samples = [[draws(rng, said, 2, 0.2) for _ in range(4)] for _ in range(3)]
    evidence, possible = told(samples, features, ends, said)
    check(evidence, possible, slopes.EFFECT_SLOPE, exact=True)
    check(evidence, possible, slopes.CHANGE_SLOPE, exact=False)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("prompts", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_flips(prompts: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)

    def features(*asked: Draws) -> tuple[float, ...] | None:
        said = [[v for v in own if v is not None] for own in asked]
        return wording.flip_features(said) if all(said) else None

    def ends(*asked: Draws) -> tuple[tuple[float, ...], ...]:
        return wording_limits.flip_limits(asked, features(*asked))

    samples = [[draws(rng, "ABC", count, 0.3) for _ in range(prompts)] for _ in range(4)]
    evidence, possible = told(samples, features, ends, "ABC")
    exact = {"prompt_flip_any"} | ({"prompt_flip"} if prompts == 2 else set())
    for measure in wording.FLIP:
        check(evidence, possible, measure, measure.name in exact)


@pytest.mark.parametrize(("mode", "said"), [("pair", "ABC"), ("score", "123")])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_the_range_of_wordings(
    mode: Any, said: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)

    def features(label: str, *asked: Draws) -> tuple[float, ...] | None:
        return wording.half_features(mode, [label], [[v for v in own if v] for own in asked])

    def ends(label: str, *asked: Draws) -> tuple[tuple[float, ...], ...]:
        given = features(label, *asked)
        return wording_limits.half_limits(mode, [label], asked, (1.0, 3.0), given)

    samples: list[Any] = [
        [label, *(draws(rng, said, 2, 0.1) for _ in range(3))] for label in [*said, *said]
    ]
    evidence, possible = told(samples, features, ends, said)
    check(evidence, possible, wording.RANGE, exact=False)
