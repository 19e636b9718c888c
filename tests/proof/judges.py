"""Judges whose every verdict has a known probability, right and wrong in known ways."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np

from data.records import Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tests.proof.pools import verdicts_of
from tests.proof.recovery import Judge


def labelled(sample: Sample, sharpness: float = 1.0) -> Floats:
    """Probabilities of an unbiased judge that knows the label and is noisy about it."""
    names = verdicts_of(sample.mode, len(sample.responses))
    label = sample.labels[0].verdict
    match sample.mode:
        case "score":
            away = np.array([abs(float(name) - float(label)) for name in names])
        case "pair":
            opposite = {"A": "B", "B": "A"}.get(label)
            away = np.array([0 if n == label else 2 if n == opposite else 1 for n in names])
        case _:
            away = np.array([sum(a != b for a, b in zip(n, label, strict=True)) for n in names])
    weights = np.exp(-sharpness * away)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def follows(effects: Mapping[str, float], sharpness: float = 1.0) -> Judge:
    """A judge that heeds cues by name: with the dose as probability it follows the cue.

    In scoring it then says one point more (below zero: less), where the scale allows; in pairs and
    rankings it puts the response that bears most of the cue first (below zero: the one with least).
    """

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance = labelled(sample, sharpness)
        for cue, strengths in ask.cues.items():
            dose = effects.get(cue, 0.0)
            if sample.mode == "score":
                dose = max(-1.0, min(1.0, dose * strengths[0]))
            elif max(strengths) <= min((*strengths, 0.0)):
                continue
            moved = pulled(sample, chance, strengths, up=dose > 0)
            chance = (1 - abs(dose)) * chance + abs(dose) * moved
        return chance

    return judge


def lengthy(dose: float, sharpness: float = 1.0) -> Judge:
    """A judge that heeds how long texts are, whatever they are made longer with.

    In scoring the probability of a point more is the dose per doubling of the response's length; in
    pairs and rankings the dose is the probability of putting the longest response first.
    """

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance = labelled(sample, sharpness)
        lengths = [float(len(response.text.split())) for response in ask.sample.responses]
        before = [float(len(response.text.split())) for response in sample.responses]
        if sample.mode == "score":
            heeded = min(1.0, abs(dose * math.log2((lengths[0] + 1) / (before[0] + 1))))
            up = (dose > 0) == (lengths[0] > before[0])
            return (1 - heeded) * chance + heeded * pulled(sample, chance, (1.0,), up)
        if len(set(lengths)) == 1:
            return chance
        return (1 - dose) * chance + dose * pulled(sample, chance, tuple(lengths), up=True)

    return judge


def first_come(dose: float, sharpness: float = 1.0) -> Judge:
    """A judge that with the dose as probability puts first what it is shown first."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance = labelled(sample, sharpness)
        if sample.mode == "score":
            return chance
        first = tuple(float(own == ask.presented[0]) for own in range(len(sample.responses)))
        return (1 - dose) * chance + dose * pulled(sample, chance, first, up=True)

    return judge


def pulled(sample: Sample, chance: Floats, strengths: tuple[float, ...], up: bool) -> Floats:
    """The chances of a judge that a cue has moved: a point on, or to what bears most of it."""
    if sample.mode == "score":
        moved = np.roll(chance, 1 if up else -1)
        lost, end = (0, -1) if up else (-1, 0)
        moved[end] += moved[lost]
        moved[lost] = 0.0
        return moved
    wanted = "ABCDEFGH"[int(np.argmax(strengths) if up else np.argmin(strengths))]
    names = verdicts_of(sample.mode, len(sample.responses))
    if sample.mode == "pair":
        return np.array([float(name == wanted) for name in names])
    found = np.zeros(len(names))
    for name, share in zip(names, chance, strict=True):
        found[names.index(wanted + name.replace(wanted, ""))] += share
    return found


def shifts_logits(effects: Mapping[str, float], sharpness: float = 1.0) -> Judge:
    """A misspecified dose: the cue adds to log-odds, so that its effect differs by sample."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        logits = np.log(labelled(sample, sharpness))
        names = verdicts_of(sample.mode, len(sample.responses))
        for cue, strengths in ask.cues.items():
            for at, name in enumerate(names):
                if sample.mode == "score":
                    logits[at] += effects.get(cue, 0.0) * strengths[0] * at / (len(names) - 1)
                elif name[0] != "C" or sample.mode == "batch":
                    logits[at] += effects.get(cue, 0.0) * strengths["ABCDEFGH".index(name[0])]
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())

    return judge


def unevenly_noisy(judge: Judge) -> Judge:
    """The judge with noise that grows with the place of the label: heteroskedastic."""

    def noisy(sample: Sample, ask: Variant) -> Floats:
        chance = np.asarray(judge(sample, ask))
        names = verdicts_of(sample.mode, len(sample.responses))
        share = 0.6 * names.index(sample.labels[0].verdict) / (len(names) - 1)
        return np.asarray((1 - share) * chance + share / len(names))

    return noisy


def refusing(judge: Judge, base: float, changed: float) -> Judge:
    """The judge refusing, not at random: oftener for samples whose label comes late."""

    def refuses(sample: Sample, ask: Variant) -> Floats:
        chance = np.asarray(judge(sample, ask))
        names = verdicts_of(sample.mode, len(sample.responses))
        late = names.index(sample.labels[0].verdict) / (len(names) - 1)
        share = (base if ask.variant == "base" else changed) * 2 * late
        return np.append((1 - share) * chance, share)

    return refuses


def constant(sample: Sample, ask: Variant) -> Floats:
    """A judge that always says the same."""
    names = verdicts_of(sample.mode, len(sample.responses))
    return np.array([float(at == len(names) - 1) for at in range(len(names))])


def random_judge(sample: Sample, ask: Variant) -> Floats:
    """A judge that says anything."""
    count = len(verdicts_of(sample.mode, len(sample.responses)))
    return np.full(count, 1 / count)


def twitchy(sample: Sample, ask: Variant) -> Floats:
    """A judge that repeats itself exactly and answers every changed question anew.

    Over questions it is as right as one that knows the label and is noisy about it.
    """
    digest = hashlib.sha256(f"{sample.sample_id} {ask.variant}".encode()).digest()
    drawn = int.from_bytes(digest[:8]) / 2**64
    at = int(np.sum(np.cumsum(labelled(sample))[:-1] <= drawn))
    names = verdicts_of(sample.mode, len(sample.responses))
    return np.array([float(name == names[at]) for name in names])
