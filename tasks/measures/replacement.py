"""The alternative-annotator test: could the judge stand in for one of the human annotators?

Each annotator h of an item is set against the judge: who agrees better with the *other* annotators?
Agreement on an item is the share of the others with the same choice, minus the root mean square
difference of scores, or the mean Kendall tau of rankings. Per annotator, a one-sided t test over
images asks whether the human's advantage is below a price EPSILON for being spared the work;
Benjamini-Yekutieli holds the false discoveries among annotators at .05.

Constant judges pass this test on some data, so every baseline goes through it and is shown.

Source: Calderon, Reichart and Dror (ACL 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy import stats

from data.records import MODES, Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.batch import features as ranking_features
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import NOTHING, Answers, Evidence, marks
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, combined_score
from tasks.measures.replicates import Job
from tasks.measures.subjects import Row, every

PROBE = "replacement"
EPSILON = 0.15  # the authors' price for skilled annotators: .2 for experts, .1 for a crowd
FALSE_DISCOVERIES = 0.05
FEWEST_ANNOTATORS = 3
FEWEST_IMAGES = 30  # for an annotator's t test
RULE = f"each annotator and the judge against the other annotators, epsilon {EPSILON:g}"
WIDTH = 4  # per annotator: images, advantage, its square, and the judge's share of wins


def winning_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of annotators that the judge could replace (the alternative-annotator test's omega).

    At .5 and above the test is passed. Annotators with fewer than 30 images are left out.
    """
    n, total, squares, _ = _parts(sums)
    tested = n >= FEWEST_IMAGES
    mean = ratio(total, n)
    variance = np.maximum(ratio(squares - n * mean**2, n - 1), 0.0)
    error = np.sqrt(ratio(variance, n))
    statistic = np.where(
        error > 0, (mean - EPSILON) / np.where(error > 0, error, 1.0), (mean - EPSILON) * np.inf
    )
    p = np.where(tested, stats.t.cdf(statistic, np.maximum(n - 1, 1)), 1.0)
    return ratio(_rejected(p, tested).sum(-1).astype(float), tested.sum(-1).astype(float))


def advantage_probability(sums: Floats, columns: Columns) -> Floats:
    """Probability that the judge agrees with the other annotators at least as well as one of them.

    The alternative-annotator test's rho: mean over images and annotators. A tie counts for both.
    """
    n, _, _, wins = _parts(sums)
    return ratio(wins.sum(-1), n.sum(-1))


def _parts(sums: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    table = sums.reshape(*sums.shape[:-1], -1, WIDTH)
    return table[..., 0], table[..., 1], table[..., 2], table[..., 3]


def _rejected(p: Floats, tested: np.ndarray) -> np.ndarray:
    """Benjamini-Yekutieli over the last axis among the tested."""
    count = tested.sum(-1, keepdims=True)
    harmonic = np.cumsum(1 / np.arange(1, p.shape[-1] + 1))
    penalty = harmonic[np.maximum(count, 1) - 1]
    order = np.sort(np.where(tested, p, np.inf), -1)
    rank = np.arange(1, p.shape[-1] + 1)
    limit = FALSE_DISCOVERIES * rank / (np.maximum(count, 1) * penalty)
    below = order <= limit
    last = np.where(below.any(-1), p.shape[-1] - 1 - below[..., ::-1].argmax(-1), -1)
    cut = np.where(last >= 0, np.take_along_axis(order, last[..., None].clip(0), -1)[..., 0], -1.0)
    return np.asarray(tested & (p <= cut[..., None]))


MEASURES = (
    Measure("winning_rate", None, "higher", winning_rate),
    Measure("advantage_probability", None, "higher", advantage_probability),
)


def replacements(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Estimates with probe `replacement` for judges and baselines; none below three annotators."""
    rows: list[Estimate] = []
    for mode in MODES:
        several, asked = every(samples, verdicts, mode, lambda r: len(_labels(r)) > 2)
        layers = resampling.strata(several)
        for subject, answers in asked:
            evidence = _evidence(mode, several, answers)
            own = replace(subject, probe=PROBE, repeat_rule=RULE)
            rows += estimates([Job(own, evidence, MEASURES)], layers, bootstrap)
    return estimates_table(row for row in rows if row.group == "pooled")


def _labels(row: Row) -> dict[str, str]:
    human = [label for label in row["labels"] or () if label["origin"] == "human"]
    return {label["annotator"]: label["verdict"] for label in human}


def _evidence(mode: Mode, samples: Sequence[Row], answers: Answers) -> Evidence:
    """Per annotator the image's mean advantage; an image's columns stand at its first sample."""
    said, asked = marks(samples, answers)
    names = sorted({name for sample in samples for name in _labels(sample)})
    images: dict[tuple[str, str], list[int]] = {}
    for index, sample in enumerate(samples):
        image = sample["cluster_id"] or sample["sample_id"]
        images.setdefault((sample["source"] or "", image), []).append(index)
    features = np.zeros((len(samples), len(names), WIDTH))
    for members in images.values():
        for place, name in enumerate(names):
            won = [
                _won(mode, _labels(samples[i]), name, said[i])
                for i in members
                if said[i] and name in _labels(samples[i])
            ]
            if won:
                judge, human = np.mean(won, axis=0)
                advantage = human - judge
                features[members[0], place] = (1.0, advantage, advantage**2, judge)
    answered = np.array([bool(some) for some in said], dtype=np.int64)
    return Evidence(Columns(NOTHING, NOTHING), features.reshape(len(samples), -1), answered, asked)


def _won(mode: Mode, labels: dict[str, str], name: str, said: list[str]) -> tuple[float, float]:
    """Whether the judge, and whether the human, agrees with the others at least as well."""
    others = [verdict for other, verdict in labels.items() if other != name]
    judge, human = _agreement(mode, said, others), _agreement(mode, [labels[name]], others)
    return float(judge >= human - 1e-12), float(human >= judge - 1e-12)


def _agreement(mode: Mode, said: list[str], others: list[str]) -> float:
    if mode == "score":
        one = combined_score(said)
        return -float(np.sqrt(np.mean([(one - float(other)) ** 2 for other in others])))
    if mode == "pair":
        choice = combined_choice(said)
        return float(np.mean([choice == other for other in others]))
    return float(np.mean([ranking_features(y, v)[2] for y in others for v in said]))
