"""How often a judge with known probabilities is right, alone and where several answers decide.

Everything is a sum over probabilities: what a sample's verdict is worth has a mean and a mean
square, and agreement is the primary measure of the mode over these.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from data.records import Mode, Sample
from tasks.measures.kinds import Floats
from tests.proof.pools import Pool, verdicts_of
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances

Moments = tuple[float, float]  # the mean and the mean square of what a verdict is worth
Chances = Mapping[str, Floats]  # by variant, of one sample
Combine = Callable[[Sequence[str]], str]


def by_sample(pool: Pool, judge: Judge) -> list[tuple[Sample, Chances]]:
    """The chances of every verdict by variant, for each sample."""
    found: dict[str, tuple[Sample, dict[str, Floats]]] = {}
    for (sample, ask), chance in zip(pool.asked, chances(pool, judge), strict=True):
        found.setdefault(sample.sample_id, (sample, {}))[1][ask.variant] = chance[:-1]
    return list(found.values())


def worth(mode: Mode, label: str, verdict: str) -> float:
    """A score's own value, whether a choice is right, Kendall's tau of a ranking."""
    if mode == "score":
        return float(verdict)
    if mode == "pair":
        return float(verdict == label)
    pairs = list(itertools.combinations(label, 2))
    kept = sum(verdict.index(a) < verdict.index(b) for a, b in pairs)
    return 2 * kept / len(pairs) - 1


def alone(sample: Sample, chance: Floats) -> Moments:
    """Of one answer."""
    names = verdicts_of(sample.mode, len(sample.responses))
    values = np.array([worth(sample.mode, sample.labels[0].verdict, name) for name in names])
    return float(chance @ values), float(chance @ values**2)


def together(sample: Sample, each: Sequence[Floats], combine: Combine) -> Moments:
    """Of several independent answers that are made one."""
    names = verdicts_of(sample.mode, len(sample.responses))
    mean = square = 0.0
    for said in itertools.product(range(len(names)), repeat=len(each)):
        likely = float(np.prod([chance[at] for chance, at in zip(each, said, strict=True)]))
        if likely:
            verdict = combine([names[at] for at in said])
            value = worth(sample.mode, sample.labels[0].verdict, verdict)
            mean, square = mean + likely * value, square + likely * value**2
    return mean, square


def agreement(mode: Mode, samples: Sequence[Sample], found: Sequence[Moments]) -> float:
    """Pearson's r of scores with the labels, else the mean worth."""
    mean, square = np.array(found).T
    if mode != "score":
        return float(mean.mean())
    label = np.array([float(sample.labels[0].verdict) for sample in samples])
    across = (label * mean).mean() - label.mean() * mean.mean()
    return float(across / np.sqrt(label.var() * (square.mean() - mean.mean() ** 2)))


def agreements(
    arm: str, mode: Mode, samples: Sequence[Sample], plain: list[Moments], changed: list[Moments]
) -> dict[Key, float]:
    """What an arm's three measures of agreement should find."""
    before, after = (agreement(mode, samples, way) for way in (plain, changed))
    return {
        (arm, "agreement_plain"): before,
        (arm, "agreement_changed"): after,
        (arm, "agreement_shift"): after - before,
    }


def arm_agreements(pool: Pool, judge: Judge, arms: Sequence[str]) -> dict[Key, float]:
    """Those of arms that are one answer each."""
    asked = by_sample(pool, judge)
    samples = [sample for sample, _ in asked]
    plain = [alone(sample, own["base"]) for sample, own in asked]
    found: dict[Key, float] = {}
    for arm in arms:
        changed = [alone(sample, own[arm]) for sample, own in asked]
        found |= agreements(arm, pool.mode, samples, plain, changed)
    return found


def most(verdicts: Sequence[str]) -> str:
    """The choice of more than half, else a tie."""
    choice, votes = Counter(verdicts).most_common(1)[0]
    return choice if 2 * votes > len(verdicts) else "C"


def net(verdicts: Sequence[str]) -> str:
    """The choice that is named oftener; opposite ones are a tie."""
    balance = verdicts.count("A") - verdicts.count("B")
    return "A" if balance > 0 else "B" if balance < 0 else "C"


def mean_score(verdicts: Sequence[str]) -> str:
    """The mean of scores."""
    return repr(sum(map(float, verdicts)) / len(verdicts))


def mean_place(verdicts: Sequence[str], ties: str | None = None) -> str:
    """By mean place; equal ones stand as in `ties`, or in the first ranking."""
    order = ties or verdicts[0]
    return "".join(sorted(order, key=lambda x: (sum(v.index(x) for v in verdicts), order.index(x))))
