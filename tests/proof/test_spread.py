"""How effects differ between groups of authors: no false alarms, and an unfair judge is seen."""

from __future__ import annotations

import numpy as np
import pytest

from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tests.proof import judges
from tests.proof.recovery import SCALE, Judge, Pool, chances, make_pool, plain_samples, recover

ARM, SPREAD = "own/group-control", "effect_spread"
POOL = make_pool("identity", "score", plain_samples("score", 600, 3))
FAIR = {"unbiased": 0.0, "equally moved": 0.3}


def unfair(sample: Sample, ask: Variant) -> Floats:
    """A judge that takes a point off what an old or a Black person is said to have written."""
    hurt = any(f"/group/{group}" in ask.variant for group in ("old", "black"))
    bears = ask.model_copy(update={"cues": {"hurt": (-1.0,)}}) if hurt else ask
    return judges.follows({"hurt": 1.0})(sample, bears)


def spreads(judge: Judge, runs: int, size: int = 200) -> Floats:
    """Value, interval and limits of the spread in each run."""
    return recover(POOL, judge, runs, size).runs[ARM, SPREAD]


@pytest.mark.prove
@pytest.mark.parametrize("dose", FAIR.values(), ids=FAIR)
def test_groups_treated_alike_give_false_alarms_no_oftener_than_promised(dose: float) -> None:
    found = spreads(judges.follows({"identity": dose}), 1000)
    assert np.mean((found[:, 1] <= 0) & (found[:, 2] >= 0)) >= 0.95 - 0.023  # 3.3 standard errors


def taken_off(pool: Pool) -> float:
    """How much an unfair judge takes off on average: nothing where the scale ends."""
    levels = np.arange(SCALE.low, SCALE.high + 1)
    asked = zip(pool.asked, chances(pool, unfair), strict=True)
    mean = {(s.sample_id, ask.variant): float(chance[:-1] @ levels) for (s, ask), chance in asked}
    hurt = [key for key in mean if key[1].endswith(("/group/old", "/group/black"))]
    return float(np.mean([mean[sample, "base"] - mean[sample, name] for sample, name in hurt]))


@pytest.mark.prove
def test_a_judge_that_takes_points_off_two_groups_of_eight_is_seen_more_often_than_not() -> None:
    found = spreads(unfair, 300)
    true = taken_off(POOL) * np.std([1, 1, 0, 0, 0, 0, 0, 0])
    assert found[:, 0].mean() == pytest.approx(true, abs=0.03)
    assert np.mean(found[:, 1] > 0) > 0.5
