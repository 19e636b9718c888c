"""Probes of consistency and of remedies find what they were given, and nothing in steady judges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from data.records import Mode, Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.contrasts import Arm, begins
from tests.proof.judges import follows, labelled, random_judge
from tests.proof.pools import Pool, make_pool, plain_samples, verdicts_of
from tests.proof.promise import broken
from tests.proof.recovered import Recovered
from tests.proof.recovery import Judge, recover


def near(found: Recovered, arm: str, metric: str, truth: float) -> bool:
    values = found.runs[arm, metric][:, 0]
    error = float(np.nanstd(values)) / math.sqrt(len(values))
    return abs(float(np.nanmean(values)) - truth) <= 4 * error + 1e-9


def pool_of(probe: str, mode: Mode, **settings: Any) -> Pool:
    size = 3 if mode == "batch" else 2
    return make_pool(probe, mode, plain_samples(mode, 120, size), **settings)


def recovered(probe: str, mode: Mode, judge: Judge, **settings: Any) -> Recovered:
    return recover(pool_of(probe, mode, **settings), judge, 8, size=120, replicates=100)


def sharper(names: Mapping[str, float], plain: float = 1.0) -> Judge:
    """A judge that knows the label better or worse under some variants."""
    return lambda sample, ask: labelled(sample, names.get(ask.variant, plain))


def share_right(mode: Mode, sharpness: float) -> float:
    samples = plain_samples(mode, 120)
    names = verdicts_of(mode, 2)
    right = [labelled(s, sharpness)[names.index(s.labels[0].verdict)] for s in samples]
    return float(np.mean(right))


def test_a_judge_that_a_wording_makes_worse_shows_it_and_the_others_do_not() -> None:
    found = recovered("paraphrase", "pair", sharper({"formal": 0.2}))
    truth = share_right("pair", 0.2) - share_right("pair", 1.0)
    assert near(found, "formal", "agreement_shift", truth)
    assert near(found, "formal", "loss_shift", -truth)
    for arm in ("brief", "typos"):
        assert near(found, arm, "agreement_shift", 0.0)
        assert near(found, arm, "excess_change", 0.0)
        assert near(found, arm, "prompt_flip_excess", 0.0)
    assert found.mean("formal", "prompt_flip_excess") > 0.01
    assert found.mean("all wordings", "wording_range") > 0.15


@pytest.mark.parametrize("judge", [follows({}), random_judge], ids=["noisy", "random"])
@pytest.mark.parametrize("mode", ["score", "pair"])
def test_wordings_lie_no_further_apart_than_noise_for_a_judge_that_heeds_none(
    mode: Mode, judge: Judge
) -> None:
    found = recovered("paraphrase", mode, judge)
    assert near(found, "all wordings", "wording_range", 0.0)
    assert near(found, "all wordings", "prompt_flip_excess", 0.0)


def test_temperature_makes_noise_and_nothing_else() -> None:
    def judge(sample: Sample, ask: Variant) -> Floats:
        heat = float(str(ask.params.get("temperature", 0.5)))
        steady = np.eye(3)[verdicts_of("pair", 2).index(sample.labels[0].verdict)]
        return np.asarray((1 - 0.6 * heat) * steady + 0.6 * heat / 3)

    found = recovered("temperature", "pair", judge)

    def noise(heat: float) -> float:
        top = 1 - 0.4 * heat
        return 1 - top**2 - 2 * (0.2 * heat) ** 2

    assert near(found, "0", "noise_changed", 0.0)
    assert near(found, "0.5", "noise_shift", 0.0)
    assert near(found, "1", "noise_changed", noise(1.0))
    assert near(found, "1 against 0", "noise_shift", noise(1.0))
    assert near(found, "1 against 0", "loss_shift", 0.4)


def test_each_setting_stands_against_the_first() -> None:
    found = recovered("settings", "pair", sharper({"figure-first": 3.0, "no-figure": 0.0}))
    truth = share_right("pair", 3.0) - share_right("pair", 1.0)
    assert near(found, "figure-first", "agreement_shift", truth)
    assert near(found, "no-figure", "agreement_shift", 1 / 3 - share_right("pair", 1.0))
    assert near(found, "answer-first", "agreement_shift", 0.0)
    assert ("vision-expert", "agreement_shift") not in found.runs


def by_order(chances: Mapping[str, float]) -> Judge:
    """A judge for triangles: scores 4 and 3 (or turned), and pairs by given probabilities."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        if ask.sample.mode == "score":
            high = ask.variant == "score/A"
            return np.array([0, 0, 0.3, 0.7, 0] if high else [0, 0, 0.7, 0.3, 0])
        return np.array([chances[name] for name in "ABC"])

    return judge


SCORED = {"A": 0.49, "B": 0.09, "C": 0.42}  # of the scores above


def test_scores_and_pairs_of_one_mind_conflict_only_by_noise() -> None:
    found = recovered("triangle", "pair", by_order(SCORED))
    assert near(found, "score-pair", "strict_conflict", 2 * 0.49 * 0.09)
    assert near(found, "score-pair", "strict_conflict_noise", 2 * 0.49 * 0.09)
    assert near(found, "score-pair", "strict_conflict_excess", 0.0)
    assert near(found, "score-pair", "conflict_excess", 0.0)


def test_scores_and_pairs_of_two_minds_conflict_beyond_it() -> None:
    other = {"A": 0.2, "B": 0.7, "C": 0.1}
    found = recovered("triangle", "pair", by_order(other))
    assert near(found, "score-pair", "strict_conflict", 0.49 * 0.7 + 0.09 * 0.2)
    assert near(found, "score-pair", "soft_conflict", 0.42 * 0.9 + 0.58 * 0.1)
    truth = sum((SCORED[name] - other[name]) ** 2 for name in "ABC") / 2
    assert near(found, "score-pair", "conflict_excess", truth)


def ranked(sample: Sample, ask: Variant) -> Floats:
    """A judge that knows the label in all three modes, with some noise."""
    best = sample.labels[0].verdict
    names = verdicts_of(ask.sample.mode, len(ask.sample.responses))
    if ask.sample.mode == "batch":
        right = names.index(best)
    elif ask.sample.mode == "score":
        right = 4 - best.index(ask.variant[-1])
    else:
        first, second = ask.variant[-2], ask.variant[-1]
        right = 0 if best.index(first) < best.index(second) else 1
    return np.asarray(0.7 * np.eye(len(names))[right] + 0.3 / len(names))


def test_the_triangle_of_a_ranking_has_three_sides() -> None:
    found = recovered("triangle", "batch", ranked)
    for arm in ("score-pair", "pair-batch", "score-batch"):
        assert found.mean(arm, "strict_conflict") > 0.05
        assert found.mean(arm, "conflict_excess") < 0.1


def test_more_samples_and_both_orders_help_as_much_as_arithmetic_says() -> None:
    found = recovered("remedies", "pair", sharper({"checklist": 3.0}, 1.5), repeats=3)
    p = 0.0
    for sample in plain_samples("pair", 120):
        chance = labelled(sample, 1.5)
        at = verdicts_of("pair", 2).index(sample.labels[0].verdict)
        most = chance**3 + 3 * chance**2 * (1 - chance)  # two of three or more
        p += most[at] + (1 - most.sum() if at == 2 else 0.0)  # no majority is a tie
    assert near(found, "samples", "agreement_changed", p / 120)
    assert near(found, "samples", "agreement_plain", share_right("pair", 1.5))
    truth = share_right("pair", 3.0) - share_right("pair", 1.5)
    assert near(found, "checklist", "agreement_shift", truth)
    assert near(found, "describe-first", "agreement_shift", 0.0)


def test_a_remedy_that_takes_away_a_preference_for_the_first_shown_is_seen() -> None:
    def judge(sample: Sample, ask: Variant) -> Floats:
        if ask.variant.startswith("checklist"):
            return labelled(sample)
        first = np.eye(3)[ask.presented[0]]
        return np.asarray(0.7 * labelled(sample) + 0.3 * first)

    found = recovered("remedies", "pair", judge, repeats=2)
    assert near(found, "checklist", "order_effect_plain", 0.3)
    assert near(found, "checklist", "order_effect_changed", 0.0)
    assert near(found, "describe-first", "order_effect_shift", 0.0)


PROOFS = [
    ("paraphrase", "score", "formal", "agreement_shift"),
    ("paraphrase", "pair", "formal", "agreement_shift"),
    ("paraphrase", "pair", "formal", "prompt_flip_excess"),
    ("paraphrase", "pair", "all wordings", "wording_range"),
    ("temperature", "pair", "1 against 0", "noise_shift"),
    ("settings", "batch", "figure-first", "agreement_shift"),
    ("triangle", "pair", "score-pair", "conflict_excess"),
    ("remedies", "pair", "checklist", "order_effect_shift"),
]


@pytest.mark.prove
@pytest.mark.parametrize(("probe", "mode", "arm", "metric"), PROOFS)
def test_intervals_of_a_steady_judge_hold_zero_at_the_promised_rate(
    probe: str, mode: Mode, arm: str, metric: str
) -> None:
    judge = by_order(SCORED) if probe == "triangle" else follows({})
    pool = pool_of(probe, mode)
    if any(ask.variant == arm for _, ask in pool.asked):
        pool = pool.about([Arm(arm, begins(arm), begins("turned"))])  # no other is measured
    # replicates choose anew among wordings, which are all alike here: such intervals are wide
    assert broken(pool, judge, {(arm, metric): 0.0}, wide=["wording_range"]) == {}
