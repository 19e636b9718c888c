"""The measures of changed pictures find their estimands, and noise alone gives nothing of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.transforms import LADDERS
from tests.proof import judges
from tests.proof.cases import with_pictures
from tests.proof.recovered import Recovered
from tests.proof.recovery import Judge, Pool, chances, make_pool, recover

RUNS = 2000
TOLERANCE = 3.3 * math.sqrt(0.95 * 0.05 / RUNS)
LEVELS = np.arange(1, 6, dtype=np.float64)
Truths = dict[tuple[str, str], float]


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
    return {
        (arm, "bias_deviation"): sum(p[i] @ fall @ q[i] for i in ids) / eligible,
        (arm, "bias_deviation_excess"): sum(p[i] @ fall @ (q[i] - p[i]) for i in ids) / eligible,
        (arm, "bias_conformity_excess"): sum(p[i] @ kept @ (q[i] - p[i]) for i in ids) / len(ids),
        (arm, "mismatch_auc"): sum(p[i] @ above @ q[i] for i in ids) / len(ids),
        (arm, "agreement_lost"): sum(p[i][hit[i]] - q[i][hit[i]] for i in ids) / len(ids),
        (arm, "visual_lift"): lift(p) - lift(q),
    }


def ablated(judge: Judge, runs: int) -> tuple[Recovered, Truths]:
    pool = make_pool("ablation", "score", with_pictures("score"))
    given = chances(pool, judge)
    truths: Truths = {}
    for arm in ("black", "mismatched", "foreign"):
        truths |= sums(pool, given, arm)
    found = recover(pool, judge, runs)
    return found, {key: truth for key, truth in truths.items() if key in found.runs}


def test_a_few_runs_find_what_is_lost_without_the_picture() -> None:
    found, truths = ablated(looks(0.8), 10)
    assert len(truths) == 3 * 4 + 2
    for (arm, metric), truth in truths.items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 5 * error, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.8, 0.0], ids=["looks", "blind"])
def test_intervals_of_the_ablation_hold_the_truth_at_the_promised_rate(dose: float) -> None:
    found, truths = ablated(looks(dose), RUNS)
    for (arm, metric), truth in truths.items():
        off = abs(found.coverage(arm, metric, truth) - 0.95)
        assert off <= TOLERANCE, (arm, metric, off)


@pytest.mark.prove
@pytest.mark.parametrize("dose", [0.1, 0.0], ids=["dosed", "null"])
def test_slopes_and_conformity_of_transforms_are_covered(dose: float) -> None:
    pool = make_pool("transforms", "score", with_pictures("score"))
    judge = judges.follows({"jpeg": -dose})
    given = chances(pool, judge)
    found = recover(pool, judge, RUNS)
    arms = [key for key in sums(pool, given, "jpeg/10") if key in found.runs]
    for key in arms:
        assert abs(found.coverage(*key, sums(pool, given, "jpeg/10")[key]) - 0.95) <= TOLERANCE, key
    means = [_mean(pool, given, name) for name in LADDERS["jpeg"]]
    slope = float(np.polyfit(range(5), means, 1)[0])
    assert abs(found.coverage("jpeg", "effect_slope", slope) - 0.95) <= TOLERANCE
    assert abs(found.coverage("long-edge", "change_slope", 0.0) - 0.95) <= TOLERANCE


def _mean(pool: Pool, given: Sequence[Floats], name: str) -> float:
    pairs = zip(pool.asked, given, strict=True)
    return float(np.mean([c[:-1] @ LEVELS for (_, ask), c in pairs if ask.variant == name]))
