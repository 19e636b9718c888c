"""Intervals hold what they promise: coverage over 2,000 simulated datasets of three shapes.

The shapes differ in what the bootstrap is not told: images make samples alike, noise grows with
the label, and refusals fall on the hard samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tasks.config import BootstrapConfig
from tasks.measures.estimates import estimates
from tasks.measures.evidence import CHOICES, Evidence
from tasks.measures.kinds import Columns, Measure
from tasks.measures.pair import MEASURES as PAIR
from tasks.measures.replicates import Job
from tasks.measures.resampling import strata
from tasks.measures.score import MEASURES as SCORE
from tasks.measures.subjects import Subject

RUNS, IMAGES, PER_IMAGE, SOURCES = 2000, 150, 4, 3
SEED = 20261123  # fixed once, not chosen for its result
LEVELS = np.arange(1.0, 6.0)


@dataclass(frozen=True)
class Shape:
    """How a dataset is drawn: levels of human and judge for (images, PER_IMAGE), -1 missing."""

    measure: Measure
    levels: np.ndarray
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def alike(rng: np.random.Generator, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs: an image is easy or hard, so that its four verdicts are right or wrong together."""
    human = rng.integers(0, 3, (images, PER_IMAGE))
    ease = rng.beta(2, 1, (images, 1))
    right = rng.random((images, PER_IMAGE)) < ease
    return human, np.where(right, human, rng.integers(0, 3, human.shape))


def graded(rng: np.random.Generator, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores: image and sample quality, both rounded onto the scale."""
    quality = rng.normal(0, 0.8, (images, 1)) + rng.normal(0, 0.8, (images, PER_IMAGE))
    human = np.clip(np.round(3 + quality + rng.normal(0, 0.5, quality.shape)), 1, 5)
    judge = np.clip(np.round(3.5 + 0.7 * quality + rng.normal(0, 0.8, quality.shape)), 1, 5)
    return human.astype(int) - 1, judge.astype(int) - 1


def misbehaved(rng: np.random.Generator, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose noise grows with the label, refused mostly where the label is low."""
    human = np.clip(
        np.round(3 + rng.standard_t(4, (images, 1)) + rng.normal(0, 1, (images, 4))), 1, 5
    )
    noise = rng.normal(0, 1, human.shape) * (0.4 + 0.25 * human)
    judge = np.clip(np.round(human + rng.normal(0, 0.7, (images, 1)) + noise), 1, 5)
    refused = rng.random(human.shape) < 0.35 / (1 + np.exp(human - 2))
    return human.astype(int) - 1, np.where(refused, -1, judge.astype(int) - 1)


def measure(name: str) -> Measure:
    return next(m for m in (*SCORE, *PAIR) if m.name == name)


SHAPES = {
    "accuracy of pairs alike within images": Shape(measure("accuracy"), CHOICES, alike),
    "pearson of graded scores": Shape(measure("pearson"), LEVELS, graded),
    "quadratic kappa of misbehaved scores": Shape(measure("quadratic_kappa"), LEVELS, misbehaved),
}


def evidence(shape: Shape, human: np.ndarray, judge: np.ndarray) -> Evidence:
    columns = Columns(shape.levels, shape.levels)
    human, judge = human.ravel(), judge.ravel()
    answered = (judge >= 0).astype(np.int64)
    features = np.zeros((len(human), len(shape.levels) ** 2))
    given = np.flatnonzero(answered)
    features[given, human[given] * len(shape.levels) + judge[given]] = 1.0
    return Evidence(columns, features, answered, np.ones_like(answered))


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SHAPES)
def test_intervals_cover_the_truth_as_often_as_they_say(name: str) -> None:
    shape = SHAPES[name]
    whole = evidence(shape, *shape.draw(np.random.default_rng(SEED), 2_000_000))
    truth = float(shape.measure.value(whole.total(), whole.columns))
    samples = [
        {"sample_id": f"{i}-{j}", "source": f"s{i % SOURCES}", "cluster_id": f"c{i}"}
        for i in range(IMAGES)
        for j in range(PER_IMAGE)
    ]
    layers, subject = strata(samples), Subject("j", "score", "analyze", None, "single answer")
    covered = 0
    for run in range(RUNS):
        drawn = shape.draw(np.random.default_rng([SEED, run]), IMAGES)
        bootstrap = BootstrapConfig(replicates=400, seed=run)
        own = evidence(shape, *drawn)
        row = next(estimates([Job(subject, own, [shape.measure])], layers, bootstrap))
        assert row.group == "pooled"
        assert row.low is not None
        assert row.high is not None
        covered += row.low <= truth <= row.high
    print(f"{name}: coverage {covered / RUNS:.4f} of {RUNS} runs, truth {truth:.4f}")
    tolerance = 4 * np.sqrt(0.95 * 0.05 / RUNS)
    assert abs(covered / RUNS - 0.95) < tolerance
