"""Contrasts in modes and with cues that `test_recovery.py` has not (long runs: `make prove`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from data.records import Mode
from tasks.measures.kinds import Floats
from tasks.probes.contrasts import Arm, named, reading
from tasks.probes.overlay import CONTROLS, DOSES, Overlay
from tests.proof import judges
from tests.proof.cases import FURTHER, Case, with_pictures
from tests.proof.pools import SCALE, Pool, make_pool, verdicts_of
from tests.proof.promise import RUNS, broken, shared
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover
from tests.proof.truths import contrast_truths

DOSE = 0.3
Doses = Mapping[str, float]
KINDS: Mapping[str, Callable[[Doses], Judge]] = {
    "dose": judges.follows,
    "null": lambda doses: judges.follows({}),
    "misspecified": lambda doses: judges.unevenly_noisy(
        judges.shifts_logits({cue: dose / DOSE for cue, dose in doses.items()})
    ),
}
NAMED = [pytest.param(case, id=f"{case.probe}-{case.mode}") for case in FURTHER]


@pytest.mark.prove
@pytest.mark.parametrize("case", NAMED)
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_hold_the_truth_in_pairs_and_rankings(case: Case, kind: str) -> None:
    pool, judge = case.pool().of_one_source(), KINDS[kind]({case.cue: DOSE})
    truths = contrast_truths(pool, chances(pool, judge), case.arms)
    assert broken(pool, judge, truths, runs=shared(3), arms=case.arms) == {}


@pytest.mark.parametrize("case", NAMED)
def test_a_few_runs_find_the_dose_in_pairs_and_rankings(case: Case) -> None:
    pool, judge = case.pool().of_one_source(), judges.follows({case.cue: DOSE})
    found = recover(pool, judge, 6)
    for key, truth in contrast_truths(pool, chances(pool, judge), case.arms).items():
        values = found.runs[key][:, 0]
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        assert abs(found.mean(*key) - truth) <= 7 * error + 1e-9, key


@pytest.mark.prove
@pytest.mark.parametrize("case", NAMED)
def test_limits_hold_the_truth_in_pairs_and_rankings_whatever_is_refused(case: Case) -> None:
    pool, whole = case.pool().of_one_source(), judges.follows({case.cue: DOSE})
    truths = contrast_truths(pool, chances(pool, whole), case.arms)
    found = recover(pool, judges.refusing(whole, 0.05, 0.15), RUNS)
    for arm in case.arms:
        assert found.bounded(arm.name, "loss_shift", truths[arm.name, "loss_shift"]) >= 0.95


WORDS: Doses = {
    "drawn-caption": 0.3, "drawn-keywords": 0.2, "drawn-verdict": 0.4, "drawn-instruction": 0.3,
}  # fmt: skip
SHOWN = ("verdict", "verdict over caption", *CONTROLS)


def overlaid(mode: Mode) -> Pool:
    """Samples whose instruction has key words, and whose pictures bear words."""
    asked = "Describe the harbour, every sailing boat and its flag."
    samples = [s.model_copy(update={"instruction": asked}) for s in with_pictures(mode)]
    arms = [arm for arm in Overlay().arms(mode) if arm.name in SHOWN]
    sizes = [Arm(name, named(name)) for name in DOSES]
    return make_pool("overlay", mode, samples).about([*arms, *sizes]).of_one_source()


def overlay_truths(pool: Pool, judge: Judge) -> dict[Key, float]:
    """Of the words that are not proved elsewhere, and of the slope over the sizes of one."""
    arms = Overlay().arms(pool.mode)
    given = chances(pool, judge)
    found = contrast_truths(pool, given, [arm for arm in arms if arm.name in SHOWN])
    (drawn,) = [arm for arm in arms if arm.name == DOSES[0]]
    names = verdicts_of(pool.mode, 2)
    rows = {row["sample_id"]: row for row in pool.frame.to_dicts()}
    means: dict[str, list[float]] = {name: [] for name in DOSES}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        if ask.variant in means:
            row = rows[sample.sample_id]
            value = reading(
                pool.mode, SCALE, row, drawn.target(row) if drawn.target else None
            ).value
            assert value is not None
            worth: Floats = np.array([value(name) for name in names])
            means[ask.variant].append(float(chance[:-1] @ worth))
    rises = [float(np.mean(means[name])) for name in DOSES]
    found["instruction", "effect_slope"] = float(np.polyfit(range(len(rises)), rises, 1)[0])
    return found


@pytest.mark.prove
@pytest.mark.parametrize("mode", Overlay.modes)
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_drawn_words_and_of_their_size_hold_the_truth(mode: Mode, kind: str) -> None:
    pool, judge = overlaid(mode), KINDS[kind](WORDS)
    assert broken(pool, judge, overlay_truths(pool, judge), runs=shared(3)) == {}
