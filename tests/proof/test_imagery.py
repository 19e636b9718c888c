"""The measures of changed pictures find their estimands, and noise alone gives nothing of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.transforms import LADDERS
from tests.proof import judges
from tests.proof.cases import with_pictures
from tests.proof.pools import Pool, make_pool
from tests.proof.promise import broken
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover

LOST = ("bias_deviation", "bias_deviation_excess", "agreement_lost", "visual_lift")
OF_ARM = {
    "black": LOST,
    "mismatched": (*LOST, "mismatch_auc"),
    "foreign": (*LOST, "mismatch_auc"),
    "jpeg/10": ("bias_conformity_excess",),
}
ABLATED = ("black", "mismatched", "foreign")
LEVELS = np.arange(1, 6, dtype=np.float64)
Truths = dict[Key, float]


def looks(dose: float) -> Judge:
    """A judge that says anything, with the dose as probability, unless it is shown the picture."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance = judges.labelled(sample)
        share = dose if ask.told.get("picture") else 0.0
        return np.asarray((1 - share) * chance + share / len(chance))

    return judge


def sums(pool: Pool, given: Sequence[Floats], arm: str) -> Truths:
    """The estimands of an arm of scores, from probabilities."""
    p: dict[str, Floats] = {}
    q: dict[str, Floats] = {}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        if ask.variant == "base":
            p[sample.sample_id] = chance[:-1]
        elif ask.variant.partition("/")[0] == arm or ask.variant == arm:
            q[sample.sample_id] = chance[:-1]
    labels = {s.sample_id: float(s.labels[0].verdict) for s in pool.samples}
    y, z = LEVELS[:, None], LEVELS[None, :]
    fall = np.where(y > 1, np.maximum(0, y - z) / np.maximum(y - 1, 1), 0)
    kept = 1 - np.abs(y - z) / np.maximum(y - 1, 5 - y)
    above = (y > z) + 0.5 * (y == z)
    ids = list(q)
    eligible = sum(p[i][1:].sum() for i in ids)

    def lift(chance: dict[str, Floats]) -> float:
        x = np.array([labels[i] for i in ids])
        mean = np.array([chance[i] @ LEVELS for i in ids])
        square = np.array([chance[i] @ LEVELS**2 for i in ids]).mean()
        across = (x * mean).mean() - x.mean() * mean.mean()
        return float(across / math.sqrt(x.var() * (square - mean.mean() ** 2)))

    hit = {i: int(labels[i]) - 1 for i in ids}
    truths = {
        "bias_deviation": sum(p[i] @ fall @ q[i] for i in ids) / eligible,
        "bias_deviation_excess": sum(p[i] @ fall @ (q[i] - p[i]) for i in ids) / eligible,
        "bias_conformity_excess": sum(p[i] @ kept @ (q[i] - p[i]) for i in ids) / len(ids),
        "mismatch_auc": sum(p[i] @ above @ q[i] for i in ids) / len(ids),
        "agreement_lost": sum(p[i][hit[i]] - q[i][hit[i]] for i in ids) / len(ids),
        "visual_lift": lift(p) - lift(q),
    }
    return {(arm, metric): truths[metric] for metric in OF_ARM[arm]}


def ablated(judge: Judge) -> tuple[Pool, Truths]:
    pool = make_pool("ablation", "score", with_pictures("score"))
    given = chances(pool, judge)
    truths: Truths = {}
    for arm in ABLATED:
        truths |= sums(pool, given, arm)
    return pool, truths


def test_a_few_runs_find_what_is_lost_without_the_picture() -> None:
    pool, truths = ablated(looks(0.8))
    found = recover(pool, looks(0.8), 10)
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 5 * error, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.8, 0.0], ids=["looks", "blind"])
def test_intervals_of_the_ablation_hold_the_truth_at_the_promised_rate(dose: float) -> None:
    pool, truths = ablated(looks(dose))
    for arm in ABLATED:
        own = {key: at for key, at in truths.items() if key[0] == arm}
        assert broken(only(pool, arm), looks(dose), own) == {}


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.1, 0.0], ids=["dosed", "null"])
def test_slopes_and_conformity_of_transforms_are_covered(dose: float) -> None:
    pool = make_pool("transforms", "score", with_pictures("score"))
    judge = judges.follows({"jpeg": -dose})
    given = chances(pool, judge)
    truths = sums(pool, given, "jpeg/10")
    means = [_mean(pool, given, name) for name in LADDERS["jpeg"]]
    truths["jpeg", "effect_slope"] = float(np.polyfit(range(5), means, 1)[0])
    truths["long-edge", "change_slope"] = 0.0
    assert broken(only(pool, "jpeg", "long-edge"), judge, truths) == {}


def only(pool: Pool, *arms: str) -> Pool:
    """The pool with the base questions and those of some arms."""
    wanted = {"base", *arms}
    asked = [each for each in pool.asked if each[1].variant.partition("/")[0] in wanted]
    return replace(pool, asked=asked)


def _mean(pool: Pool, given: Sequence[Floats], name: str) -> float:
    pairs = zip(pool.asked, given, strict=True)
    return float(np.mean([c[:-1] @ LEVELS for (_, ask), c in pairs if ask.variant == name]))
