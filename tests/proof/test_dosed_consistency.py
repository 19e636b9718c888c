"""Probes of consistency hold what wordings, settings and heat do to a judge (`make prove`)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest

from data.records import Mode, Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.contrasts import Arm, named
from tests.proof import agreeing, judges
from tests.proof.pools import Pool, make_pool, plain_samples, verdicts_of
from tests.proof.promise import RUNS, broken, shared
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover
from tests.proof.truths import contrast_truths

EVERY = "all wordings"


def sharper(names: Mapping[str, float]) -> Judge:
    """A judge that knows the label better or worse under some variants."""
    return lambda sample, ask: judges.labelled(sample, names.get(ask.variant, 1.0))


def pool_of(probe: str, mode: Mode) -> Pool:
    return make_pool(probe, mode, plain_samples(mode, 120, 3 if mode == "batch" else 2))


WORDED = sharper({"formal": 0.2})
SET = sharper({"figure-first": 1.8, "no-figure": 0.2})
CELLS: Mapping[str, tuple[str, Mode, Judge]] = {
    "paraphrase, pairs": ("paraphrase", "pair", WORDED),
    "paraphrase, pairs, uneven noise": ("paraphrase", "pair", judges.unevenly_noisy(WORDED)),
    "paraphrase, scores, uneven noise": ("paraphrase", "score", judges.unevenly_noisy(WORDED)),
    "settings, rankings": ("settings", "batch", SET),
    "settings, scores, uneven noise": ("settings", "score", judges.unevenly_noisy(SET)),
}
ARMS = {"paraphrase": ("formal", "brief"), "settings": ("figure-first", "no-figure")}


def truths_of(pool: Pool, judge: Judge) -> dict[Key, float]:
    """Agreement, and what is common to all contrasts; of wordings also flips and the range."""
    arms = ARMS[pool.probe]
    found = agreeing.arm_agreements(pool, judge, arms)
    found |= contrast_truths(pool, chances(pool, judge), [Arm(arm, named(arm)) for arm in arms])
    if pool.probe == "paraphrase":
        # where the worst is clear and the others are alike, choosing adds nothing
        found[EVERY, "wording_range"] = -found["formal", "agreement_shift"]
        asked = [own for _, own in agreeing.by_sample(pool, judge)]
        p, q = (np.array([own[name] for own in asked]) for name in ("base", "formal"))
        found |= flips(p, q)
    return found


def flips(p: Floats, q: Floats) -> dict[Key, float]:
    """Of two answers each: both have a majority where they are equal."""
    both = float(((p**2).sum(1) * (q**2).sum(1)).sum())
    same = float((p**2 * q**2).sum())
    two_and_two = sum(
        p[:, a] ** 2 * q[:, b] ** 2
        + p[:, b] ** 2 * q[:, a] ** 2
        + 4 * p[:, a] * p[:, b] * q[:, a] * q[:, b]
        for a, b in combinations(range(p.shape[1]), 2)
    )
    dealt = float(np.sum(two_and_two)) / 3  # one deal in three gives each side equal ones
    flip = 1 - same / both
    return {
        ("formal", "prompt_flip"): flip,
        ("formal", "prompt_flip_excess"): flip - dealt / (dealt + same),
    }


@pytest.mark.prove
@pytest.mark.parametrize("name", CELLS)
def test_intervals_hold_what_a_wording_or_setting_does(name: str) -> None:
    probe, mode, judge = CELLS[name]
    pool = pool_of(probe, mode)
    # replicates choose anew among wordings that are alike, so that the range's intervals are wide
    found = broken(pool, judge, truths_of(pool, judge), runs=shared(2), wide=["wording_range"])
    assert found == {}


@pytest.mark.prove
@pytest.mark.parametrize("probe", ARMS)
def test_limits_hold_what_a_wording_or_setting_does_whatever_is_refused(probe: str) -> None:
    pool, judge = pool_of(probe, "pair"), {"paraphrase": WORDED, "settings": SET}[probe]
    truths = truths_of(pool, judge)
    found = recover(pool, judges.refusing(judge, 0.05, 0.15), RUNS)
    for arm in ARMS[probe]:
        for metric in ("agreement_shift", "loss_shift"):
            assert found.bounded(arm, metric, truths[arm, metric]) >= 0.95, (arm, metric)


def heated(sample: Sample, ask: Variant) -> Floats:
    """A judge that says anything the oftener the hotter it is, and the oftener the later labels."""
    heat = float(str(ask.params.get("temperature", 0.5)))
    names = verdicts_of("pair", 2)
    at = names.index(sample.labels[0].verdict)
    share = heat * (0.3 + 0.15 * at)
    return np.asarray((1 - share) * np.eye(3)[at] + share / 3)


@pytest.mark.prove
def test_intervals_of_temperature_hold_the_noise_it_makes() -> None:
    pool = pool_of("temperature", "pair")
    asked = [own for _, own in agreeing.by_sample(pool, heated)]
    noise = {
        heat: float(np.mean([1 - (own[heat] ** 2).sum() for own in asked])) for heat in ("0", "1")
    }
    truths = agreeing.arm_agreements(pool, heated, ["1"])
    truths["1", "noise_changed"] = noise["1"]
    truths["1 against 0", "noise_shift"] = noise["1"] - noise["0"]
    assert broken(pool, heated, truths) == {}


SCORED = {"A": 0.49, "B": 0.09, "C": 0.42}  # of scores 4 and 3 with probability .7, else 3 and 4


def two_minds(shares: Mapping[str, Floats]) -> Judge:
    """A judge that scores the first response higher, and compares as told for each label."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        if ask.sample.mode == "score":
            high = ask.variant == "score/A"
            return np.array([0, 0, 0.3, 0.7, 0] if high else [0, 0, 0.7, 0.3, 0])
        return shares[sample.labels[0].verdict]

    return judge


MINDS: Mapping[str, Mapping[str, Floats]] = {
    "one for all": dict.fromkeys("ABC", np.array([0.2, 0.7, 0.1])),
    "by label": {
        "A": np.array([0.8, 0.1, 0.1]), "B": np.array([0.1, 0.8, 0.1]), "C": np.full(3, 1 / 3),
    },
}  # fmt: skip


@pytest.mark.prove
@pytest.mark.parametrize("name", MINDS)
def test_intervals_of_conflicts_hold_how_far_two_ways_lie_apart(name: str) -> None:
    scored = np.array([SCORED[letter] for letter in "ABC"])
    other = np.array([MINDS[name][label] for label in "ABC"])  # as many samples have each label
    truths: dict[Key, float] = {
        ("score-pair", "strict_conflict"): float(
            np.mean(scored[0] * other[:, 1] + scored[1] * other[:, 0])
        ),
        ("score-pair", "strict_conflict_excess"): float(
            np.mean((scored[0] - other[:, 0]) * (other[:, 1] - scored[1]))
        ),
        ("score-pair", "conflict_excess"): float(((scored - other) ** 2).sum(1).mean() / 2),
    }
    pool = pool_of("triangle", "pair")
    assert broken(pool, two_minds(MINDS[name]), truths) == {}
