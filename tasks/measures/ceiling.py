"""The human ceiling: each annotator against the others, and every judge against the same others.

An annotator i of m is compared with what the other m - 1 say together (mean of scores, majority of
choices with a tie where there is none, each of the rankings). A judge is compared with the same
m - 1, for every i, so that its figure and the humans' differ in nothing but who is compared. Each
of the m comparisons of a sample weighs 1/m.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.batch import features as ranking_features
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import CHOICES, NOTHING, Answers, Evidence
from tasks.measures.kinds import Columns, Measure
from tasks.measures.labels import combined_choice, combined_score
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject, every

HUMANS = "humans:leave-one-out"
PROBE = "ceiling"
RULE = "each of m annotators against the other m - 1; judges against the same m - 1"
Comparison = tuple[list[str], str]  # what the others say, and what is compared with it


def ceilings(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    measures: Mapping[Mode, Sequence[Measure]],
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Estimates with probe `ceiling` for the humans and all judges; none with one annotator.

    The humans' rows have the judge `humans:leave-one-out`. Samples with fewer than two human
    labels are left out.
    """
    rows: list[Estimate] = []
    for mode, chosen in measures.items():
        several, asked = every(samples, verdicts, mode, lambda row: len(human_labels(row)) > 1)
        layers = resampling.strata(several)
        humans: list[tuple[Subject, Answers | None]] = []
        humans += [(Subject(HUMANS, mode, "labels", PROBE, RULE), None)] if several else []
        for subject, answers in [*humans, *asked]:
            compared = [_comparisons(mode, sample, answers) for sample in several]
            reached = [answers is None or sample["sample_id"] in answers for sample in several]
            evidence = _evidence(mode, compared, reached)
            own = replace(subject, probe=PROBE, repeat_rule=RULE)
            rows += estimates([Job(own, evidence, chosen)], layers, bootstrap)
    return estimates_table(rows)


def human_labels(sample: Mapping[str, Any]) -> list[str]:
    """The verdicts of a sample's human annotators, one each."""
    return [label["verdict"] for label in sample["labels"] or () if label["origin"] == "human"]


def _comparisons(
    mode: Mode, sample: Mapping[str, Any], answers: Answers | None
) -> list[Comparison]:
    """Every leave-one-out comparison of a sample; none where the judge is not readable."""
    labels = human_labels(sample)
    others = [labels[:i] + labels[i + 1 :] for i in range(len(labels))]
    if answers is None:
        return list(zip(others, labels, strict=True))
    said = [verdict for verdict in answers.get(sample["sample_id"], ()) if verdict is not None]
    if not said:
        return []
    if mode == "batch":
        return [(rest, verdict) for rest in others for verdict in said]
    one = combined_choice(said) if mode == "pair" else f"{combined_score(said):g}"
    return [(rest, one) for rest in others]


def _evidence(
    mode: Mode, compared: Sequence[Sequence[Comparison]], asked: Sequence[bool]
) -> Evidence:
    answered = np.array([bool(some) for some in compared], dtype=np.int64)
    sent = np.array(asked, dtype=np.int64)
    if mode == "batch":
        blank = np.zeros(len(ranking_features("AB", "AB")))
        rows = [
            np.mean([ranking_features(y, v) for rest, v in some for y in rest], axis=0)
            if some
            else blank
            for some in compared
        ]
        return Evidence(Columns(NOTHING, NOTHING), np.array(rows), answered, sent)
    pairs = [[_levels_of(mode, rest, said) for rest, said in some] for some in compared]
    if mode == "pair":
        columns = Columns(CHOICES, CHOICES)
    else:
        flat = [pair for some in pairs for pair in some]
        columns = Columns(np.unique([x for x, _ in flat]), np.unique([y for _, y in flat]))
    features = np.zeros((len(pairs), len(columns.human) * len(columns.judge)))
    for index, some in enumerate(pairs):
        for x, y in some:
            row, column = np.searchsorted(columns.human, x), np.searchsorted(columns.judge, y)
            features[index, row * len(columns.judge) + column] += 1 / len(some)
    return Evidence(columns, features, answered, sent)


def _levels_of(mode: Mode, rest: list[str], said: str) -> tuple[float, float]:
    if mode == "pair":
        return float("ABC".index(combined_choice(rest))), float("ABC".index(said))
    return combined_score(rest), float(said)
