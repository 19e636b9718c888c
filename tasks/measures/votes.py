"""How many independent judges a panel is worth: errors that judges share do not cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from data.made_judges import NOBODY
from data.records import MODES, Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.batch import features as ranking_features
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import NOTHING, Answers, Evidence
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject, every

FEWEST = 3
RULE = "samples that every judge of the panel answered"


def effective_votes(sums: Floats, columns: Columns) -> Floats:
    """Number of independent judges a panel of J is worth: J / (1 + (J - 1) mean error correlation).

    Kish's effective sample size with the mean correlation of the judges' errors (score minus label;
    wrong or right; 1 - tau) as the correlation within the panel.
    """
    size = len(columns.judge)
    n, totals = sums[..., 0], sums[..., 1 : size + 1]
    products = sums[..., size + 1 :].reshape(*sums.shape[:-1], size, size)
    means = totals / np.maximum(n, 1e-300)[..., None]
    covariance = products / np.maximum(n, 1e-300)[..., None, None] - (
        means[..., :, None] * means[..., None, :]
    )
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    correlation = ratio(covariance, spread[..., :, None] * spread[..., None, :])
    off = ~np.eye(size, dtype=bool)
    mean = correlation[..., off].mean(-1)
    return ratio(np.asarray(float(size)), 1 + (size - 1) * mean)


MEASURES = (Measure("effective_votes", None, "higher", effective_votes),)


def votes(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """`effective_votes` of each mode and setting, as judge `panel:all` and probe `panel`."""
    rows: list[Estimate] = []
    own = verdicts.filter(~pl.col("judge").str.contains(NOBODY))
    for mode in MODES:
        compared, asked = every(samples, own, mode)
        layers = resampling.strata(compared)
        ordered = sorted(asked, key=lambda pair: pair[0].setting)
        for setting, group in groupby(ordered, key=lambda pair: pair[0].setting):
            answers = [answers for _, answers in group]
            if len(answers) >= FEWEST:
                subject = Subject("panel:all", mode, setting, "panel", RULE)
                evidence = _evidence(mode, compared, answers)
                rows += estimates([Job(subject, evidence, MEASURES)], layers, bootstrap)
    return estimates_table(rows)


def _evidence(
    mode: Mode, samples: Sequence[Mapping[str, Any]], judges: Sequence[Answers]
) -> Evidence:
    size = len(judges)
    rows = np.zeros((len(samples), 1 + size + size * size))
    answered = np.zeros(len(samples), dtype=np.int64)
    for index, sample in enumerate(samples):
        said = [[v for v in own.get(sample["sample_id"], ()) if v is not None] for own in judges]
        if all(said):
            errors = np.array([_error(mode, label_verdicts(sample), each) for each in said])
            rows[index] = np.concatenate([[1.0], errors, np.outer(errors, errors).ravel()])
            answered[index] = 1
    columns = Columns(NOTHING, np.arange(size, dtype=np.float64))
    return Evidence(columns, rows, answered, np.ones_like(answered))


def _error(mode: Mode, labels: list[str], said: list[str]) -> float:
    if mode == "score":
        return combined_score(said) - combined_score(labels)
    if mode == "pair":
        return float(combined_choice(said) != combined_choice(labels))
    return 1.0 - float(np.mean([ranking_features(y, v)[2] for y in labels for v in said]))
