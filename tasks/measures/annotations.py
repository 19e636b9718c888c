"""What people say of a judge's outputs: do they accept the judgement, does its text hallucinate?

Several annotators of one output decide by majority; a split is not an acceptance, and not a
hallucination. Source: the MLLM-as-a-Judge benchmark's human agreement and hallucination rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject

PROBE = "annotations"
RULE = "majority of the annotators of each output"
Marks = Mapping[str, Any]


def human_agreement(sums: Floats, columns: Columns) -> Floats:
    """Share of the judge's outputs that the majority of its annotators accepts."""
    return ratio(sums[..., 1], sums[..., 0])


def hallucination_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of the judge's outputs whose text the majority of its annotators marks as invented."""
    return ratio(sums[..., 3], sums[..., 2])


MEASURES = (
    Measure("human_agreement", None, "higher", human_agreement),
    Measure("hallucination_rate", None, "lower", hallucination_rate),
)


def annotated(marks: Iterable[Marks], mode: Mode, bootstrap: BootstrapConfig) -> pl.DataFrame:
    """Estimates with probe `annotations`, a judge at a time.

    Args:
        marks: a mapping per annotation: `sample`, `judge`, `repeat`, `source`, `cluster` (both may
            be null), `accepts` and `hallucinates` (true, false or null).
        mode: what the outputs judge.
        bootstrap: replicates, level and seed.
    """
    judges: dict[str, dict[tuple[str, int], list[Marks]]] = {}
    for mark in marks:
        outputs = judges.setdefault(mark["judge"], {})
        outputs.setdefault((mark["sample"], mark["repeat"]), []).append(mark)
    rows: list[Estimate] = []
    for judge, outputs in judges.items():
        samples = [
            {"sample_id": key[0], "source": some[0]["source"], "cluster_id": some[0]["cluster"]}
            for key, some in outputs.items()
        ]
        table = [
            (*majority(some, "accepts"), *majority(some, "hallucinates"))
            for some in outputs.values()
        ]
        ones = np.ones(len(table), dtype=np.int64)
        evidence = Evidence(Columns(NOTHING, NOTHING), np.array(table), ones, ones)
        subject = Subject(judge, mode, "annotated", PROBE, RULE)
        used = [
            m for m, at in zip(MEASURES, (0, 2), strict=True) if sum(row[at] for row in table) > 0
        ]
        layers = resampling.strata(samples)
        rows += estimates([Job(subject, evidence, used)], layers, bootstrap)
    return estimates_table(rows)


def majority(marks: Iterable[Marks], name: str) -> tuple[float, float]:
    """Whether anybody said anything, and whether more than half said yes."""
    said = [bool(mark[name]) for mark in marks if mark[name] is not None]
    return float(bool(said)), float(2 * sum(said) > len(said) > 0)
