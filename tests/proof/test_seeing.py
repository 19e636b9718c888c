"""What judges see and let pass is found at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import read_facts
from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.perception import PARTS
from tasks.probes.planting import DEFECTS
from tests.proof.judges import labelled
from tests.proof.promise import RUNS, broken
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, Pool, chances, make_pool, recover

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data/demo"
SEES = 0.8
UNREADABLE = 0.1


def demo_pool(probe: str) -> Pool:
    samples = list(load_dataset(DatasetConfig(path=str(DEMO)), ROOT).samples)
    return make_pool(probe, "score", samples, read_facts(DEMO))


def answers(ask: Variant, right: float) -> Floats:
    """Yes, no and unsure of a judge that sees right with a known probability."""
    wrong = 1.0 - right
    return np.array([right, wrong, 0.0] if ask.told["truth"] == "yes" else [wrong, right, 0.0])


def standing(ask: Variant, sharpness: float = 1.0) -> tuple[Floats, Floats]:
    """Probabilities of the verdict about the response as it is, and as if it had no defect."""
    seen = labelled(ask.sample, sharpness)
    if not isinstance(ask.told.get("defect"), str):
        return seen, seen
    label = ask.sample.labels[0].model_copy(update={"verdict": ask.told["intact"]})
    return seen, labelled(ask.sample.model_copy(update={"labels": (label,)}), sharpness)


def judge(blindness: Mapping[str, float], right: float = SEES, sharpness: float = 1.0) -> Judge:
    """Overlooks defects of each type with a known probability; noisy about what it sees."""

    def chance(sample: Sample, ask: Variant) -> Floats:
        if ask.question is not None:
            return answers(ask, right)
        seen, intact = standing(ask, sharpness)
        overlooked = blindness.get(str(ask.told.get("defect")), 0.0)
        return overlooked * intact + (1 - overlooked) * seen

    return chance


def hardness(sample: Sample) -> float:
    """A number from -1 to 1 of a sample's own, the same for all questions about it."""
    return int.from_bytes(hashlib.sha256(sample.sample_id.encode()).digest()[:4]) / 2**31 - 1


def shifting(blindness: Mapping[str, float]) -> Judge:
    """A misspecified dose: blindness and sight shift log-odds, by another amount in each sample."""

    def chance(sample: Sample, ask: Variant) -> Floats:
        if ask.question is not None:
            return answers(ask, float(expit(logit(SEES) + 1.5 * hardness(sample))))
        seen, intact = standing(ask)
        share = blindness.get(str(ask.told.get("defect")), 0.0)
        weights = np.exp((1 - share) * np.log(seen) + share * np.log(intact))
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    return chance


def uneven(whole: Judge) -> Judge:
    """The judge saying anything, in some samples oftener than in others."""

    def chance(sample: Sample, ask: Variant) -> Floats:
        given = np.asarray(whole(sample, ask))
        share = 0.3 * (1 + hardness(sample))
        return np.asarray((1 - share) * given + share / len(given))

    return chance


def refusing(whole: Judge) -> Judge:
    """The judge refusing, not at random: where `no` is right, beside defects, in hard samples."""

    def chance(sample: Sample, ask: Variant) -> Floats:
        given = whole(sample, ask)
        often = ask.told.get("truth") == "no" or "defect" in ask.told
        lost = UNREADABLE * (1 + hardness(sample)) * (1.0 if often else 0.2)
        return np.append((1 - lost) * given, lost)

    return chance


BLIND = {"colour": 0.6, "count": 0.3, "negation": 1.0}
JUDGES: Mapping[str, Judge] = {
    "as told": judge(BLIND),
    "log-odds": shifting(BLIND),
    "uneven noise": uneven(judge(BLIND)),
}
TRACKS = ("score", "pair")


def defect_truths(pool: Pool, given: list[Floats], mode: str) -> dict[Key, float]:
    """The estimands of a track by (arm, metric), from the probabilities alone."""
    by_slot: dict[str, dict[str, Floats]] = {}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        by_slot.setdefault(sample.sample_id, {})[ask.variant] = chance[:-1]
    worth = {"score": _scored, "pair": _paired}[mode]
    found: dict[Key, float] = {}
    for arm in ("any", *DEFECTS):
        trials, edits = [], []
        for asked in by_slot.values():
            arms = {name.split("/")[0] for name in asked}
            own = [name for name in DEFECTS if name in arms and arm in {"any", name}]
            trials += [(*worth(asked, name), *_seen(asked, name)) for name in own]
            edits += [worth(asked, name)[1] for name in arms if name.startswith("edit-") and own]
        auc, hit, seen, known = np.array(trials).T
        found |= {
            (arm, "auc_detect"): float(auc.mean()),
            (arm, "youden"): float(hit.mean() - np.mean(edits)),
            (arm, "missed_seen"): float((seen * (1 - hit)).sum() / known.sum()),
            (arm, "missed_unseen"): float(((known - seen) * (1 - hit)).sum() / known.sum()),
            (arm, "defects_seen"): float(seen.sum() / known.sum()),
            (arm, "penalised_if_seen"): float((seen * hit).sum() / seen.sum()),
        }
    return found


def _scored(asked: dict[str, Floats], arm: str) -> tuple[float, float]:
    gold, edit = asked["base"], asked[f"{arm}/scored"]
    below = float(gold @ np.tril(np.ones((5, 5)), -1) @ edit)
    return below + 0.5 * float(gold @ edit), below


def _paired(asked: dict[str, Floats], arm: str) -> tuple[float, float]:
    first, last = asked[f"{arm}/gold-first"], asked[f"{arm}/gold-last"]
    return float((first + last) @ np.array([0.5, 0.0, 0.25])), float(first[0] * last[0])


def _seen(asked: dict[str, Floats], arm: str) -> tuple[float, float]:
    """P(all its questions are answered right), and P(that or one of them wrong): it is known."""
    named = [(n.split("/")[2], c) for n, c in asked.items() if n.startswith(f"{arm}/seen/")]
    right = [float(c[0] if truth == "yes" else c[1]) for truth, c in named]
    unsure = [float(c[2]) for _, c in named]
    seen = math.prod(right)
    return seen, 1 - math.prod(r + u for r, u in zip(right, unsure, strict=True)) + seen


def track(mode: str) -> Pool:
    """The pool of one track: what belongs to the other is not asked."""
    pool = demo_pool("defects")
    ends = {"score": ("/gold-first", "/gold-last"), "pair": ("/scored",)}[mode]
    pool.asked = [(sample, ask) for sample, ask in pool.asked if not ask.variant.endswith(ends)]
    return pool


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
    assert broken(pool, JUDGES[name], {k: t for k, t in truths.items() if k[0] == "any"}) == {}


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
    assert broken(pool, judge({}, right=0.5, sharpness=0.0), truths) == {}


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
