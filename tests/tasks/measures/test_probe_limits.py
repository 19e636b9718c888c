"""Limits of probes for missing verdicts against every verdict that could have been given."""

from typing import Any

import numpy as np
import pytest

from data.records import Scale
from tasks.measures import imagery, imagery_limits
from tests.tasks.measures.fillings import THREE, check, draws, limits_of, told, valued


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
