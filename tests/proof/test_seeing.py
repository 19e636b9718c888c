"""What judges see and let pass is found at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import read_facts
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.planting import DEFECTS
from tests.proof.judges import labelled
from tests.proof.recovery import Judge, Pool, Recovered, chances, make_pool, recover

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data/demo"
RUNS = 2000
LOOSE = 0.03  # percentile intervals of 100 images: .005 of it is the noise of so many runs
SEES = 0.8
UNREADABLE = 0.1


def demo_pool(probe: str) -> Pool:
    samples = list(load_dataset(DatasetConfig(path=str(DEMO)), ROOT).samples)
    return make_pool(probe, "score", samples, read_facts(DEMO))


def seeing(right: float, unsure: float = 0.0) -> Callable[[Variant], Floats]:
    """Yes, no and unsure of a judge that sees right with a known probability."""

    def said(ask: Variant) -> Floats:
        other = 1.0 - right - unsure
        return np.array([right, other, unsure] if ask.told["truth"] == "yes" else
                        [other, right, unsure])  # fmt: skip

    return said


def judge(blindness: dict[str, float], right: float = SEES, sharpness: float = 1.0) -> Judge:
    """Overlooks defects of each type with a known probability; noisy about what it sees."""
    said = seeing(right)

    def chance(sample: object, ask: Variant) -> Floats:
        if ask.question is not None:
            return said(ask)
        seen = labelled(ask.sample, sharpness)
        defect = ask.told.get("defect")
        if not isinstance(defect, str):
            return seen
        label = ask.sample.labels[0].model_copy(update={"verdict": ask.told["intact"]})
        intact = labelled(ask.sample.model_copy(update={"labels": (label,)}), sharpness)
        overlooked = blindness.get(defect, 0.0)
        return overlooked * intact + (1 - overlooked) * seen

    return chance


def defect_truths(pool: Pool, given: list[Floats], mode: str) -> dict[tuple[str, str], float]:
    """The estimands of a track by (arm, metric), from the probabilities alone."""
    by_slot: dict[str, dict[str, Floats]] = {}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        by_slot.setdefault(sample.sample_id, {})[ask.variant] = chance[:-1]
    worth = {"score": _scored, "pair": _paired}[mode]
    found: dict[tuple[str, str], float] = {}
    for arm in ("any", *DEFECTS):
        trials, edits = [], []
        for asked in by_slot.values():
            arms = {name.split("/")[0] for name in asked}
            own = [name for name in DEFECTS if name in arms and arm in {"any", name}]
            trials += [(*worth(asked, name), _seen(asked, name)) for name in own]
            edits += [worth(asked, name)[1] for name in arms if name.startswith("edit-") and own]
        auc, hit, seen = np.array(trials).T
        found |= {
            (arm, "auc_detect"): float(auc.mean()),
            (arm, "youden"): float(hit.mean() - np.mean(edits)),
            (arm, "missed_seen"): float((seen * (1 - hit)).mean()),
            (arm, "missed_unseen"): float(((1 - seen) * (1 - hit)).mean()),
            (arm, "defects_seen"): float(seen.mean()),
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


def _seen(asked: dict[str, Floats], arm: str) -> float:
    named = [(n.split("/")[2], c) for n, c in asked.items() if n.startswith(f"{arm}/seen/")]
    return math.prod(float(c[0] if truth == "yes" else c[1]) for truth, c in named)


BLIND = {"colour": 0.6, "count": 0.3, "negation": 1.0}
TRACKS = ("score", "pair")


def track(mode: str) -> Pool:
    """The pool of one track: what belongs to the other is not asked."""
    pool = demo_pool("defects")
    ends = {"score": ("/gold-first", "/gold-last"), "pair": ("/scored",)}[mode]
    pool.asked = [(sample, ask) for sample, ask in pool.asked if not ask.variant.endswith(ends)]
    return pool


def check_coverage(found: Recovered, truths: Mapping[tuple[str, str], float], bar: float) -> None:
    for (arm, metric), truth in truths.items():
        off = abs(found.coverage(arm, metric, truth) - 0.95)
        assert off <= bar, (arm, metric, off)


@pytest.mark.parametrize("mode", TRACKS)
def test_a_few_runs_find_blindness_by_type_and_what_is_seen_yet_let_pass(mode: str) -> None:
    pool, overlooks = track(mode), judge(BLIND)
    found = recover(pool, overlooks, 6, 60, replicates=100)
    for (arm, metric), truth in defect_truths(pool, chances(pool, overlooks), mode).items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.nanstd(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 6 * error + 0.03, (arm, metric)


def perception_truths(pool: Pool, right: float) -> dict[tuple[str, str], float]:
    """What a judge that sees right with one probability shows, over pictures that count alike."""
    sizes = [
        sum(
            ask.variant.startswith(("present/", "adversarial/"))
            for s, ask in pool.asked
            if s == one
        )
        for one in pool.samples
    ]
    return {
        ("adversarial", "seen_accuracy"): right,
        ("adversarial", "seen_recall"): right,
        ("adversarial", "group_accuracy"): float(np.mean([right**size for size in sizes])),
        ("count", "group_accuracy"): right**2,
        ("readout-edited", "edit_accuracy"): right**2,
        ("colour-edited", "group_accuracy"): right**4,
    }


def test_a_few_runs_find_how_well_a_judge_sees() -> None:
    pool = demo_pool("perception")
    found = recover(pool, judge({}), 6, 60, replicates=100)
    for (arm, metric), truth in perception_truths(pool, SEES).items():
        values = found.runs[arm, metric][:, 0]
        error = float(np.std(values)) / math.sqrt(len(values))
        assert abs(found.mean(arm, metric) - truth) <= 6 * error, (arm, metric)


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
def test_intervals_of_detection_hold_the_truth(mode: str) -> None:
    pool, overlooks = track(mode), judge(BLIND)
    truths = defect_truths(pool, chances(pool, overlooks), mode)
    found = recover(pool, overlooks, RUNS, 100, replicates=100)
    check_coverage(found, {k: t for k, t in truths.items() if k[0] == "any"}, LOOSE)


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
def test_a_judge_that_draws_at_random_is_told_from_one_that_detects(mode: str) -> None:
    pool = track(mode)
    twitchy = judge({}, right=0.5, sharpness=0.0)
    found = recover(pool, twitchy, RUNS, 100, replicates=100)
    check_coverage(found, {("any", "auc_detect"): 0.5, ("any", "youden"): 0.0}, LOOSE)


@pytest.mark.prove
def test_intervals_of_perception_hold_the_truth() -> None:
    pool = demo_pool("perception")
    found = recover(pool, judge({}), RUNS, 100, replicates=100)
    check_coverage(found, perception_truths(pool, SEES), LOOSE)


@pytest.mark.prove
def test_limits_hold_how_well_a_judge_sees_whatever_it_refuses() -> None:
    def refusing(sample: object, ask: Variant) -> Floats:
        given = judge({})(sample, ask)  # type: ignore[arg-type]
        lost = UNREADABLE if ask.told.get("truth") == "no" else 0.0
        return np.append((1 - lost) * given, lost)

    pool = demo_pool("perception")
    found = recover(pool, refusing, RUNS, 100, replicates=100)
    assert found.bounded("adversarial", "seen_accuracy", SEES) > 0.95
