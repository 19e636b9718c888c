"""The mean label of all samples, from a judge on all of them and people on a random part (PPI++).

The judge's mean is tight and may be wrong; the people's is right and wide. The estimate is
lambda * mean(F) + mean(y - lambda * f), F the judge's scores of unlabelled samples, f and y judge
and label of labelled ones, lambda = cov(y, f) / ((1 + n / N) var(f)) between 0 and 1. Standard
errors are clustered by image; the interval is Student's t with the number of labelled images less
one. It holds if the labelled samples are a random part of all.

Source: Angelopoulos, Duchi and Zrnic (2023), "PPI++".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t

from data.records import Estimate
from tasks.config import BootstrapConfig
from tasks.measures.estimates import estimates_table
from tasks.measures.evidence import Answers, marks
from tasks.measures.kinds import Floats
from tasks.measures.labels import combined_score, label_verdicts
from tasks.measures.subjects import Subject, subjects

PROBE = "corrected"
FEWEST = 20  # labelled samples, and unlabelled ones


@dataclass(frozen=True)
class Mean:
    """A mean and its clustered standard error."""

    value: float
    error: float


def clustered(parts: Sequence[tuple[Floats, Sequence[Any]]], value: float) -> Mean:
    """A mean from weighted deviations of rows and their images: errors of an image add up.

    Each part is scaled by sqrt(G / (G - 1)) for its G images.
    """
    totals: dict[Any, float] = {}
    for deviations, images in parts:
        count = len(set(images))
        scale = np.sqrt(count / (count - 1)) if count > 1 else 1.0
        for deviation, image in zip(deviations, images, strict=True):
            totals[image] = totals.get(image, 0.0) + float(deviation) * scale
    return Mean(value, float(np.sqrt(sum(total * total for total in totals.values()))))


def power_tuned_mean(
    labels: Floats,
    judged: Floats,
    unlabelled: Floats,
    images: Sequence[Any],
    unlabelled_images: Sequence[Any],
) -> tuple[Mean, float]:
    """The corrected mean and its lambda.

    Args:
        labels: labels y of the labelled samples, shape (n,).
        judged: the judge's scores f of the same samples, shape (n,).
        unlabelled: the judge's scores F of the others, shape (N,).
        images: the image of each labelled sample.
        unlabelled_images: the image of each other sample.
    """
    n, size = len(labels), len(unlabelled)
    spread = float(np.var(np.concatenate([judged, unlabelled]), ddof=1))
    shared = float(np.cov(labels, judged)[0, 1])
    tuned = 0.0 if spread == 0 else min(1.0, max(0.0, shared / ((1 + n / size) * spread)))
    rest = labels - tuned * judged
    value = tuned * float(unlabelled.mean()) + float(rest.mean())
    parts = [
        (tuned * (unlabelled - unlabelled.mean()) / size, unlabelled_images),
        ((rest - rest.mean()) / n, images),
    ]
    return clustered(parts, value), tuned


def corrected_means(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Estimates with probe `corrected`; none unless scores of both kinds of sample are there.

    `corrected_mean` stands beside `judge_mean` (all samples) and `label_mean` (labelled ones).
    """
    rows: list[Estimate] = []
    scored = samples.filter(pl.col("mode") == "score").select("sample_id", "cluster_id", "labels")
    has_label = (pl.col("labels").list.len() > 0).fill_null(False)
    halves = [scored.filter(chosen) for chosen in (has_label, ~has_label)]
    if min(half.height for half in halves) < FEWEST:
        return estimates_table(rows)
    known, others = (half.to_dicts() for half in halves)
    for subject, answers in subjects(verdicts, "score"):
        if not subject.judge.startswith("baseline:"):
            own = Subject(subject.judge, "score", subject.setting, PROBE, subject.repeat_rule)
            rows += _rows(own, known, others, answers, bootstrap)
    return estimates_table(rows)


def _rows(
    subject: Subject,
    known: Sequence[Any],
    others: Sequence[Any],
    answers: Answers,
    bootstrap: BootstrapConfig,
) -> list[Estimate]:
    kept, rest = (
        [
            (sample, combined_score(said))
            for sample, said in zip(some, marks(some, answers)[0], strict=True)
            if said
        ]
        for some in (known, others)
    )
    if min(len(kept), len(rest)) < FEWEST:
        return []
    labels = np.array([combined_score(label_verdicts(sample)) for sample, _ in kept])
    judged, unlabelled = (np.array([score for _, score in some]) for some in (kept, rest))
    images, other_images = (
        [sample["cluster_id"] or sample["sample_id"] for sample, _ in some] for some in (kept, rest)
    )
    corrected, tuned = power_tuned_mean(labels, judged, unlabelled, images, other_images)
    both, everywhere = np.concatenate([judged, unlabelled]), [*images, *other_images]
    raw = clustered([((both - both.mean()) / len(both), everywhere)], float(both.mean()))
    human = clustered([((labels - labels.mean()) / len(labels), images)], float(labels.mean()))
    factor = float(t.ppf((1 + bootstrap.level) / 2, max(len(set(images)) - 1, 1)))
    missing = len(known) + len(others) - len(kept) - len(rest)
    told = [
        ("corrected_mean", corrected, len(both), f"lambda {tuned:.3f}, {len(kept)} labelled"),
        ("judge_mean", raw, len(both), "the judge alone: tight, and wrong where the judge is"),
        ("label_mean", human, len(kept), "labelled samples alone"),
    ]
    clusters = len(set(everywhere))
    return [
        Estimate(
            judge=subject.judge, mode="score", setting=subject.setting, probe=PROBE,
            metric=metric, group="pooled", value=mean.value, low=mean.value - factor * mean.error,
            high=mean.value + factor * mean.error, level=bootstrap.level,
            method="t interval, standard error clustered by image", n=n, n_missing=missing,
            clusters=clusters, clustered=all(s["cluster_id"] for s, _ in [*kept, *rest]),
            repeat_rule=subject.repeat_rule, note=note,
        )
        for metric, mean, n, note in told
    ]  # fmt: skip
