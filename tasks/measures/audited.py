"""A rate over all judgements, from what a program found in all of them and people in a part.

What the program finds is tight and may be wrong; what people find is right and wide. Where people
looked at a random part, the estimate is that of `tasks/measures/corrected.py` (PPI++). Where they
looked at some judgements with a higher probability than at others, it is the difference estimator

    lambda * mean(f over all) + sum((y - lambda * f) / p) / sum(1 / p)

with p the probability that a judgement was looked at; its standard error adds up both parts of each
image, so that judgements that stand in both are not taken for two.

Sources: Angelopoulos, Duchi and Zrnic (2023), "PPI++"; Särndal, Swensson and Wretman (1992),
"Model Assisted Survey Sampling", on the difference estimator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from data.records import Estimate
from tasks.measures.corrected import FEWEST, Mean, clustered, power_tuned_mean
from tasks.measures.kinds import Floats
from tasks.measures.subjects import Subject

ADVISED = 100  # judgements that people should look at


@dataclass(frozen=True)
class Looked:
    """A judgement: what the program found, what people found (`None`: did not look), its image."""

    found: bool
    said: bool | None
    image: Any
    clustered: bool
    probability: float | None = None


def corrected_rate(
    subject: Subject, metric: str, judgements: Sequence[Looked], level: float
) -> list[Estimate]:
    """The corrected rate as an estimate; none where people looked at fewer than `FEWEST`."""
    known = [each for each in judgements if each.said is not None]
    rest = [each for each in judgements if each.said is None]
    if len(known) < FEWEST:
        return []
    labels, judged = (
        np.array([bool(getattr(each, name)) for each in known], dtype=np.float64)
        for name in ("said", "found")
    )
    mean, how = _mean(known, rest, labels, judged)
    images = {each.image for each in known}
    half = float(t.ppf((1 + level) / 2, max(len(images) - 1, 1))) * mean.error
    spread = mean.error > 0
    note = f"{how}; people looked at {len(known)} of {len(judgements)} judgements"
    if len(known) < ADVISED:
        note += f", fewer than the {ADVISED} that are advised"
    if not spread:
        note += "; no interval: what they found does not vary"
    return [
        Estimate(
            judge=subject.judge, mode=subject.mode, setting=subject.setting, probe=subject.probe,
            arm=subject.arm, metric=metric, group="pooled", value=min(1.0, max(0.0, mean.value)),
            low=max(0.0, mean.value - half) if spread else None,
            high=min(1.0, mean.value + half) if spread else None,
            level=level, method="t interval, standard error clustered by image",
            n=len(judgements), n_missing=0, clusters=len({each.image for each in judgements}),
            clustered=all(each.clustered for each in judgements),
            repeat_rule=subject.repeat_rule, note=note,
        )
    ]  # fmt: skip


def _mean(
    known: Sequence[Looked], rest: Sequence[Looked], labels: Floats, judged: Floats
) -> tuple[Mean, str]:
    images = [each.image for each in known]
    if len(rest) < FEWEST:
        value = float(labels.mean())
        return clustered([((labels - value) / len(labels), images)], value), "what people found"
    unlabelled = np.array([each.found for each in rest], dtype=np.float64)
    others = [each.image for each in rest]
    if all(each.probability is None for each in known):
        mean, tuned = power_tuned_mean(labels, judged, unlabelled, images, others)
        return mean, f"PPI++, lambda {tuned:.3f}"
    weights = np.array([1 / (each.probability or 1.0) for each in known])
    mean, tuned = weighted_mean(labels, judged, unlabelled, weights, (images, others))
    return mean, f"difference estimator, lambda {tuned:.3f}"


def weighted_mean(
    labels: Floats,
    judged: Floats,
    unlabelled: Floats,
    weights: Floats,
    images: tuple[Sequence[Any], Sequence[Any]],
) -> tuple[Mean, float]:
    """The corrected mean and its lambda where labelled judgements have weights 1/p.

    Args:
        labels: labels y, shape (n,).
        judged: what the program found of the same judgements, shape (n,).
        unlabelled: what it found of the others, shape (N,).
        weights: 1/p of the labelled ones, shape (n,).
        images: the images of the labelled ones, and of the others.
    """
    n, size = len(labels), len(unlabelled)
    share = weights / weights.sum()
    centred = judged - share @ judged
    spread = float(share @ (centred * centred))
    slope = float(share @ (centred * labels)) / spread if spread > 0 else 0.0
    tuned = min(1.0, max(0.0, slope / (1 + n / size)))
    every = np.concatenate([judged, unlabelled])
    rest = labels - tuned * judged
    gap = float(share @ rest)
    value = tuned * float(every.mean()) + gap
    everywhere = [*images[0], *images[1]]
    parts = np.concatenate([share * (rest - gap), np.zeros(size)])
    parts += tuned * (every - every.mean()) / len(every)
    return clustered([(parts, everywhere)], value), tuned
