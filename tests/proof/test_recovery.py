"""Every contrast finds the dose it was given, at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest

from tests.proof import judges
from tests.proof.cases import CASES, Case
from tests.proof.promise import FEWER, broken, shared
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover
from tests.proof.truths import contrast_truths

DOSE = 0.3
BY_PROBE: dict[str, list[Case]] = defaultdict(list)
for each in CASES:
    BY_PROBE[each.probe].append(each)
# each probe in one of its modes, and all modes in turn; the others take as long again
QUICK = [cases[at % len(cases)] for at, cases in enumerate(BY_PROBE.values())]
ONCE = [
    pytest.param(
        case, id=f"{case.probe}-{case.mode}", marks=() if case in QUICK else pytest.mark.prove
    )
    for case in CASES
]


def unkept(probe: str, judge: Judge) -> dict[str, dict[Key, float]]:
    """The estimates of a probe, by mode, whose intervals do not hold the truth as promised."""
    found: dict[str, dict[Key, float]] = {}
    for case in BY_PROBE[probe]:
        pool = case.pool()
        truths = contrast_truths(pool, chances(pool, judge), case.arms)
        runs = shared(len(BY_PROBE[probe]))
        wrong = broken(pool, judge, truths, runs=runs, arms=case.arms)
        if wrong:
            found[case.mode] = wrong
    return found


@pytest.mark.parametrize("case", ONCE)
def test_a_few_runs_find_the_dose(case: Case) -> None:
    pool, judge = case.pool(), judges.follows({case.cue: DOSE})
    truths = contrast_truths(pool, chances(pool, judge), case.arms)
    found = recover(pool, judge, 6)
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 7 * error + 1e-9, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_intervals_hold_a_dose_at_the_promised_rate(probe: str) -> None:
    doses = dict.fromkeys({case.cue for case in BY_PROBE[probe]}, DOSE)
    assert unkept(probe, judges.follows(doses)) == {}


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_a_judge_without_the_dose_gives_false_alarms_no_oftener_than_promised(probe: str) -> None:
    assert unkept(probe, judges.follows({})) == {}


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_misspecified_judges_are_covered_too(probe: str) -> None:
    doses = dict.fromkeys({case.cue for case in BY_PROBE[probe]}, 1.0)
    assert unkept(probe, judges.unevenly_noisy(judges.shifts_logits(doses))) == {}


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_limits_hold_the_truth_where_refusals_are_not_at_random(probe: str) -> None:
    whole = judges.follows(dict.fromkeys({case.cue for case in BY_PROBE[probe]}, DOSE))
    for case in BY_PROBE[probe]:
        pool = case.pool()
        truths = contrast_truths(pool, chances(pool, whole), case.arms)
        runs = shared(len(BY_PROBE[probe]), FEWER)
        found = recover(pool, judges.refusing(whole, 0.05, 0.15), runs)
        for arm in case.arms:
            if (arm.name, "effect") in truths:
                assert found.bounded(arm.name, "effect", truths[arm.name, "effect"]) >= 0.95
            shift = found.runs.get((arm.name, "unreadable_shift"))
            if shift is not None and arm.control("base"):  # the refusals themselves are seen
                error = float(np.std(shift[:, 0])) / math.sqrt(len(shift))
                assert np.mean(shift[:, 0]) > 5 * error
