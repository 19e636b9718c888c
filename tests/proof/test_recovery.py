"""Every contrast finds the dose it was given, at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.proof import judges
from tests.proof.cases import CASES, Case
from tests.proof.recovery import Judge, Recovered, chances, recover
from tests.proof.truths import contrast_truths

RUNS = 2000
DOSE = 0.3
# 3.3 standard errors of a share of .95 in so many runs: one in a thousand goes beyond by chance
TOLERANCE = 3.3 * math.sqrt(0.95 * 0.05 / RUNS)
LOOSE = 0.03  # of measures that are not the headline
HEADLINES = ("effect", "excess_change")
ids = [f"{case.probe}-{case.mode}" for case in CASES]


def judged(case: Case, judge: Judge, runs: int) -> tuple[Recovered, dict[tuple[str, str], float]]:
    pool = case.pool()
    truths = contrast_truths(pool, chances(pool, judge), case.arms)
    return recover(pool, judge, runs), {(str(arm), name): t for (arm, name), t in truths.items()}


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_few_runs_find_the_dose(case: Case) -> None:
    found, truths = judged(case, judges.follows({case.cue: DOSE}), 12)
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 5 * error + 1e-9, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("dose", [DOSE, 0.0], ids=["dosed", "null"])
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_intervals_hold_the_truth_at_the_promised_rate(case: Case, dose: float) -> None:
    found, truths = judged(case, judges.follows({case.cue: dose}), RUNS)
    for (arm, metric), truth in truths.items():
        if np.ptp(found.runs[arm, metric][:, 0]) == 0:
            continue  # nothing varies: no answer is unreadable
        off = abs(found.coverage(arm, metric, truth) - 0.95)
        assert off <= (TOLERANCE if metric in HEADLINES else LOOSE), (arm, metric, off)


@pytest.mark.prove
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_misspecified_judges_are_covered_too(case: Case) -> None:
    judge = judges.unevenly_noisy(judges.shifts_logits({case.cue: 1.0}))
    found, truths = judged(case, judge, RUNS)
    for arm in case.arms:
        for metric in HEADLINES:
            if (arm.name, metric) in truths:
                truth = truths[arm.name, metric]
                assert abs(found.coverage(arm.name, metric, truth) - 0.95) <= TOLERANCE


@pytest.mark.prove
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_limits_hold_the_truth_where_refusals_are_not_at_random(case: Case) -> None:
    whole = judges.follows({case.cue: DOSE})
    pool = case.pool()
    truths = contrast_truths(pool, chances(pool, whole), case.arms)
    found = recover(pool, judges.refusing(whole, 0.05, 0.15), RUNS)
    for arm in case.arms:
        if (arm.name, "effect") in truths:
            assert found.bounded(arm.name, "effect", truths[arm.name, "effect"]) >= 0.95
        shift = found.runs[arm.name, "unreadable_shift"]
        assert np.mean(shift[:, 1] > 0) > 0.9  # the refusals themselves are seen
