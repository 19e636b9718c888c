"""The rates of the rationale probe hold their truths, verifier's errors included."""

from __future__ import annotations

import math

import numpy as np
import pytest

from data.records import Estimate
from tasks.claims.checking import WORDS, Held
from tasks.claims.reading import Claim
from tasks.config import BootstrapConfig
from tasks.measures import rationale, resampling
from tasks.measures.estimates import estimates
from tasks.measures.evidence import Evidence
from tasks.measures.rationale import Judgement
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject
from tasks.probes.rows import PLAIN

RUNS, IMAGES, OF_IMAGE, DRAWS, CLAIMS = 2000, 100, 2, 2, 3
TOLERANCE = 3.3 * math.sqrt(0.95 * 0.05 / RUNS)
DOSE, SPREAD = 0.25, 6.0  # the mean of images' doses, which are beta with this sum of parameters
WRONG = 0.3
SUBJECT = Subject("j", "pair", "s", "rationale", "rule", "evidence")
EVERY = (*rationale.MEASURES, *rationale.LABELLED)
CLAIM = Claim(claim="c", about="image", kind="other")
QUOTE = Claim(claim="q", about="response", kind="other", quote="q")
Verifier = tuple[float, float]  # how often a claim is decided rightly, and wrongly


def decided(rng: np.random.Generator, true: bool, verifier: Verifier) -> bool | None:
    draw = rng.random()
    if draw < verifier[0]:
        return true
    return not true if draw < sum(verifier) else None


def judgement(rng: np.random.Generator, dose: float, verifier: Verifier, lift: float) -> Judgement:
    so = [bool(rng.random() >= dose) for _ in range(CLAIMS)]
    held = [Held(CLAIM, WORDS[decided(rng, true, verifier)], None) for true in so]
    quoted = Held(QUOTE, "misquoted" if rng.random() < dose else "quoted", "responses")
    flagged = any(each.found == "false" for each in held)
    return Judgement((*held, quoted), bool(rng.random() < WRONG + lift * flagged))


def truths(verifier: Verifier, lift: float) -> dict[str, float]:
    """The estimands: means over the images' doses, by numerical integration."""
    at = (np.arange(20_000) + 0.5) / 20_000
    weight = at ** (DOSE * SPREAD - 1) * (1 - at) ** ((1 - DOSE) * SPREAD - 1)
    weight /= weight.sum()
    right, wrong = verifier
    false = at * right + (1 - at) * wrong
    flagged = float(weight @ (1 - (1 - false) ** CLAIMS))
    true = DOSE * wrong + (1 - DOSE) * right
    return {
        "hallucination_found": flagged,
        "claim_precision": true / (right + wrong),
        "quote_error_rate": DOSE,
        "undecided_share": 1 - right - wrong,
        "consequential_rate": flagged * (WRONG + lift),
        "error_lift": lift,
    }


def one_run(seed: int, verifier: Verifier, lift: float) -> dict[str, Estimate]:
    rng = np.random.default_rng([20240207, seed])
    samples, rows, ends = [], [], []
    for image in range(IMAGES):
        dose = rng.beta(DOSE * SPREAD, (1 - DOSE) * SPREAD)
        for number in range(OF_IMAGE):
            given = [judgement(rng, dose, verifier, lift) for _ in range(DRAWS)]
            rows.append(rationale.features(given))
            ends.append(rationale.limits(given, True))
            samples.append(
                {"sample_id": f"{image}/{number}", "cluster_id": f"{image}", "source": None}
            )
    ones = np.ones(len(rows), dtype=np.int64)
    evidence = Evidence(PLAIN, np.array(rows), ones, ones, extremes=np.array(ends))
    found = estimates(
        [Job(SUBJECT, evidence, EVERY)],
        resampling.strata(samples),
        BootstrapConfig(replicates=300, seed=seed),
    )
    return {row.metric: row for row in found if row.group == "pooled"}


def holds(row: Estimate, truth: float) -> bool:
    return row.low is not None and row.high is not None and row.low <= truth <= row.high


@pytest.mark.parametrize("verifier", [(1.0, 0.0), (0.7, 0.05)], ids=["perfect", "erring"])
def test_a_few_runs_find_the_rates(verifier: Verifier) -> None:
    runs = [one_run(seed, verifier, 0.2) for seed in range(30)]
    for metric, truth in truths(verifier, 0.2).items():
        values = np.array([run[metric].value for run in runs], dtype=np.float64)
        error = values.std() / math.sqrt(len(values))
        assert abs(values.mean() - truth) <= 4 * error + 1e-9, metric


@pytest.mark.prove
@pytest.mark.parametrize("lift", [0.0, 0.2])
@pytest.mark.parametrize("verifier", [(1.0, 0.0), (0.7, 0.05)], ids=["perfect", "erring"])
def test_intervals_hold_the_truth_at_the_promised_rate(verifier: Verifier, lift: float) -> None:
    runs = [one_run(seed, verifier, lift) for seed in range(RUNS)]
    for metric, truth in truths(verifier, lift).items():
        if metric == "undecided_share" and sum(verifier) == 1:
            continue  # nothing is undecided
        covered = float(np.mean([holds(run[metric], truth) for run in runs]))
        print(f"{metric}, verifier {verifier}, lift {lift}: {covered:.4f}")
        assert abs(covered - 0.95) <= TOLERANCE, metric
