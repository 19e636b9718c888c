"""Every contrast finds the dose it was given, at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest

from tests.proof import judges
from tests.proof.cases import CASES, Case
from tests.proof.promise import tolerance
from tests.proof.recovered import Recovered
from tests.proof.recovery import Judge, chances, recover
from tests.proof.truths import contrast_truths

RUNS = 2000  # of each probe, over its modes
DOSE = 0.3
LOOSE = 0.03  # of measures that are no headline, beyond the tolerance
HEADLINES = ("effect", "excess_change")
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


def judged(case: Case, judge: Judge, runs: int) -> tuple[Recovered, dict[tuple[str, str], float]]:
    pool = case.pool()
    truths = contrast_truths(pool, chances(pool, judge), case.arms)
    return recover(pool, judge, runs), {(str(arm), name): t for (arm, name), t in truths.items()}


def covered(probe: str, judge: Judge, metrics: tuple[str, ...] | None = None) -> None:
    """The intervals of a probe hold the truth in 95 of 100 runs, in each mode and over all."""
    cases = BY_PROBE[probe]
    runs = math.ceil(RUNS / len(cases))
    shares: list[float] = []
    for case in cases:
        found, truths = judged(case, judge, runs)
        for (arm, metric), truth in truths.items():
            values = found.runs[arm, metric][:, 0]
            if np.ptp(values) == 0 or (metrics is not None and metric not in metrics):
                continue  # nothing varies: no answer is unreadable
            share = found.coverage(arm, metric, truth)
            loose = 0.0 if metric in HEADLINES else LOOSE
            assert abs(share - 0.95) <= tolerance(runs) + loose, (case.mode, arm, metric, share)
            if arm == case.headline and metric == "effect":
                shares.append(share)
    if shares:
        over = sum(shares) / len(shares)
        assert abs(over - 0.95) <= tolerance(runs * len(shares)), over


@pytest.mark.parametrize("case", ONCE)
def test_a_few_runs_find_the_dose(case: Case) -> None:
    found, truths = judged(case, judges.follows({case.cue: DOSE}), 6)
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 7 * error + 1e-9, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_intervals_hold_a_dose_at_the_promised_rate(probe: str) -> None:
    covered(probe, judges.follows(dict.fromkeys({c.cue for c in BY_PROBE[probe]}, DOSE)))


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_a_judge_without_the_dose_gives_false_alarms_no_oftener_than_promised(probe: str) -> None:
    covered(probe, judges.follows({}))


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_misspecified_judges_are_covered_too(probe: str) -> None:
    doses = dict.fromkeys({case.cue for case in BY_PROBE[probe]}, 1.0)
    covered(probe, judges.unevenly_noisy(judges.shifts_logits(doses)), HEADLINES)


@pytest.mark.prove
@pytest.mark.parametrize("probe", BY_PROBE)
def test_limits_hold_the_truth_where_refusals_are_not_at_random(probe: str) -> None:
    whole = judges.follows(dict.fromkeys({case.cue for case in BY_PROBE[probe]}, DOSE))
    for case in BY_PROBE[probe]:
        pool = case.pool()
        truths = contrast_truths(pool, chances(pool, whole), case.arms)
        runs = math.ceil(RUNS / len(BY_PROBE[probe]))
        found = recover(pool, judges.refusing(whole, 0.05, 0.15), runs)
        for arm in case.arms:
            if (arm.name, "effect") in truths:
                assert found.bounded(arm.name, "effect", truths[arm.name, "effect"]) >= 0.95
            shift = found.runs.get((arm.name, "unreadable_shift"))
            if shift is not None and arm.control("base"):
                assert np.mean(shift[:, 1] > 0) > 0.9  # the refusals themselves are seen
