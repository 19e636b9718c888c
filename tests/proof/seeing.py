"""Judges that see and overlook with known probabilities, and what defects should show of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import read_facts
from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.planting import DEFECTS
from tests.proof.judges import labelled
from tests.proof.pools import Pool, make_pool
from tests.proof.recovered import Key
from tests.proof.recovery import Judge

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data/demo"
SEES = 0.8
UNREADABLE = 0.1


def demo_pool(probe: str) -> Pool:
    samples = list(load_dataset(DatasetConfig(path=str(DEMO)), ROOT).samples)
    return make_pool(probe, "score", samples, read_facts(DEMO)).of_one_source()


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
        if not trials:
            continue
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


def of_type(mode: str, defect: str) -> Pool:
    """The originals of a track that get a defect of this type, with no other defect."""
    pool = track(mode)
    others = set(DEFECTS) - {defect}
    has = {s.sample_id for s, ask in pool.asked if ask.variant.startswith(f"{defect}/")}
    pool.samples = [sample for sample in pool.samples if sample.sample_id in has]
    pool.asked = [
        (sample, ask)
        for sample, ask in pool.asked
        if sample.sample_id in has and ask.variant.partition("/")[0] not in others
    ]
    return pool
