"""What judges see and let pass is found at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tasks.measures.kinds import Floats
from tasks.probes.perception import PARTS
from tests.proof.pools import Pool
from tests.proof.promise import RUNS, broken, shared
from tests.proof.recovered import Key
from tests.proof.recovery import chances, recover
from tests.proof.seeing import (
    JUDGES,
    TRACKS,
    defect_truths,
    demo_pool,
    judge,
    refusing,
    track,
)

# the first at every change, the misspecified ones with the long runs
FEW_RUNS = [
    pytest.param(name, marks=[pytest.mark.prove] if name != "as told" else []) for name in JUDGES
]


@pytest.mark.parametrize("mode", TRACKS)
@pytest.mark.parametrize("name", FEW_RUNS)
def test_a_few_runs_find_blindness_by_type_and_what_is_seen_yet_let_pass(
    mode: str, name: str
) -> None:
    pool, overlooks = track(mode), JUDGES[name]
    found = recover(pool, overlooks, 6, 60, replicates=100)
    for (arm, metric), truth in defect_truths(pool, chances(pool, overlooks), mode).items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.nanstd(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 6 * error + 0.03, (arm, metric)


WANTED = {"adversarial": ("seen_accuracy", "seen_recall", "group_accuracy"),
          "count": ("group_accuracy",), "readout-edited": ("edit_accuracy",),
          "colour-edited": ("group_accuracy",)}  # fmt: skip


def perception_truths(pool: Pool, given: list[Floats]) -> dict[Key, float]:
    """The estimands of perception by (part, metric), from the probabilities alone."""
    found: dict[Key, float] = {}
    for part in PARTS:
        sums = np.zeros((4, 2))
        for asked in _questions(pool, given):
            if any(arm in asked for arm in part.needed):
                sums += _of_item({arm: asked[arm] for arm in part.arms if arm in asked})
        names = ("seen_accuracy", "seen_recall", "group_accuracy", "edit_accuracy")
        for name, (above, below) in zip(names, sums, strict=True):
            if name in WANTED.get(part.name, ()):
                found[part.name, name] = float(above / below)
    return found


Asked = dict[str, list[tuple[str, float]]]  # by arm, the truth and the chance to say it


def _questions(pool: Pool, given: list[Floats]) -> list[Asked]:
    by_item: dict[str, Asked] = {}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        if ask.question is not None:
            arm, truth, _ = ask.variant.split("/")
            right = float(chance[0] if truth == "yes" else chance[1])
            by_item.setdefault(sample.sample_id, {}).setdefault(arm, []).append((truth, right))
    return list(by_item.values())


def _of_item(asked: Asked) -> Floats:
    """Numerator and denominator of accuracy, recall, groups and edits for one item."""
    every = [each for own in asked.values() for each in own]
    positive = [right for truth, right in every if truth == "yes"]
    pairs = [
        one[1] * other[1]
        for arm, own in asked.items()
        for one, other in zip(own, asked.get(f"{arm}-edited", ()), strict=False)
    ]
    return np.array([
        (sum(right for _, right in every), len(every)),
        (sum(positive), len(positive)),
        (math.prod(right for _, right in every), 1.0),
        (sum(pairs), len(pairs)),
    ])  # fmt: skip


@pytest.mark.parametrize("name", FEW_RUNS)
def test_a_few_runs_find_how_well_a_judge_sees(name: str) -> None:
    pool = demo_pool("perception")
    found = recover(pool, JUDGES[name], 6, 60, replicates=100)
    truths = perception_truths(pool, chances(pool, JUDGES[name]))
    assert len(truths) == 6
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 6 * error, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
@pytest.mark.parametrize("name", JUDGES)
def test_intervals_of_detection_hold_the_truth(mode: str, name: str) -> None:
    pool = track(mode)
    truths = defect_truths(pool, chances(pool, JUDGES[name]), mode)
    found = {key: truth for key, truth in truths.items() if key[0] == "any"}
    assert broken(pool, JUDGES[name], found, runs=shared(len(TRACKS))) == {}


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
def test_limits_hold_what_is_detected_whatever_is_refused(mode: str) -> None:
    pool, whole = track(mode), JUDGES["as told"]
    truths = defect_truths(pool, chances(pool, whole), mode)
    found = recover(pool, refusing(whole), RUNS)
    for metric in ("auc_detect", "youden", "defects_seen"):
        assert found.bounded("any", metric, truths["any", metric]) >= 0.95, metric


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
def test_a_judge_that_draws_at_random_is_told_from_one_that_detects(mode: str) -> None:
    pool = track(mode)
    truths: dict[Key, float] = {("any", "auc_detect"): 0.5, ("any", "youden"): 0.0}
    assert broken(pool, judge({}, right=0.5, sharpness=0.0), truths, runs=shared(len(TRACKS))) == {}


@pytest.mark.prove
@pytest.mark.parametrize("name", JUDGES)
def test_intervals_of_perception_hold_the_truth(name: str) -> None:
    pool = demo_pool("perception")
    truths = perception_truths(pool, chances(pool, JUDGES[name]))
    assert broken(pool, JUDGES[name], truths) == {}


@pytest.mark.prove
@pytest.mark.parametrize("name", JUDGES)
def test_limits_hold_how_well_a_judge_sees_whatever_it_refuses(name: str) -> None:
    pool, whole = demo_pool("perception"), JUDGES[name]
    truths = perception_truths(pool, chances(pool, whole))
    found = recover(pool, refusing(whole), RUNS)
    for (part, metric), truth in truths.items():
        assert found.bounded(part, metric, truth) >= 0.95, (part, metric)
