"""How effects differ between groups of authors: no false alarms, and an unfair judge is seen."""

from __future__ import annotations

import numpy as np
import pytest

from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tests.proof import judges
from tests.proof.pools import SCALE, Pool, make_pool, plain_samples
from tests.proof.promise import LEVEL, RUNS, tolerance
from tests.proof.recovery import Judge, chances, recover

ARMS, SPREAD = {"identity": "own/group-control", "sentiment": "own/tone-control"}, "effect_spread"
HURT = {"identity": ("/group/old", "/group/black"), "sentiment": ("/tone/sad", "/tone/angry")}
KEYS = {"identity": 8, "sentiment": 4}
FAIR = {"unbiased": 0.0, "equally moved": 0.3}


def pool_of(probe: str) -> Pool:
    return make_pool(probe, "score", plain_samples("score", 600, 3))


def unfair(sample: Sample, ask: Variant) -> Floats:
    """A judge that takes a point off what an old or a Black person wrote, or a sad or angry one."""
    hurt = ask.variant.endswith((*HURT["identity"], *HURT["sentiment"]))
    bears = ask.model_copy(update={"cues": {"hurt": (-1.0,)}}) if hurt else ask
    return judges.follows({"hurt": 1.0})(sample, bears)


def spreads(probe: str, judge: Judge, runs: int, size: int = 200) -> Floats:
    """Value, interval and limits of the spread in each run."""
    return recover(pool_of(probe), judge, runs, size).runs[ARMS[probe], SPREAD]


@pytest.mark.prove
@pytest.mark.parametrize("probe", ARMS)
@pytest.mark.parametrize("dose", FAIR.values(), ids=FAIR)
def test_groups_treated_alike_give_false_alarms_no_oftener_than_promised(
    probe: str, dose: float
) -> None:
    found = spreads(probe, judges.follows({probe: dose}), RUNS)
    quiet = float(np.mean((found[:, 1] <= 0) & (found[:, 2] >= 0)))
    print(f"{probe}, dose {dose}: {SPREAD} holds 0 in {quiet:.4f} of {RUNS}")
    assert quiet >= LEVEL - tolerance(RUNS)


def taken_off(pool: Pool) -> float:
    """How much an unfair judge takes off on average: nothing where the scale ends."""
    levels = np.arange(SCALE.low, SCALE.high + 1)
    asked = zip(pool.asked, chances(pool, unfair), strict=True)
    mean = {(s.sample_id, ask.variant): float(chance[:-1] @ levels) for (s, ask), chance in asked}
    hurt = [key for key in mean if key[1].endswith((*HURT["identity"], *HURT["sentiment"]))]
    return float(np.mean([mean[sample, "base"] - mean[sample, name] for sample, name in hurt]))


@pytest.mark.prove
@pytest.mark.parametrize("probe", ARMS)
def test_a_judge_that_takes_points_off_two_groups_is_seen_more_often_than_not(probe: str) -> None:
    found = spreads(probe, unfair, 300)
    true = taken_off(pool_of(probe)) * np.std([1, 1, *[0] * (KEYS[probe] - 2)])
    assert found[:, 0].mean() == pytest.approx(true, abs=0.03)
    assert np.mean(found[:, 1] > 0) > 0.5
