"""Estimates of every judge from verdict tables: pooled, per source, and the mean over sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from data.tables import ESTIMATES, table
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.batch import features as ranking_features
from tasks.measures.kinds import Columns, Floats, Ints, Measure
from tasks.measures.labels import (
    READABLE,
    combined_choice,
    combined_score,
    label_verdicts,
    repeat_rule,
)
from tasks.measures.resampling import Interval, Stratum

CHOICES = np.array([0.0, 1.0, 2.0])  # A, B, tie
NOTHING = np.array([])


@dataclass(frozen=True)
class Subject:
    """Whose verdicts are measured, and how."""

    judge: str
    mode: Mode
    setting: str
    probe: str | None
    repeat_rule: str


@dataclass(frozen=True)
class Evidence:
    """Features (samples, K) with zeros where there is no readable verdict, and which were asked."""

    columns: Columns
    features: Floats
    answered: Ints
    asked: Ints


def agreement(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    measures: Mapping[Mode, Sequence[Measure]],
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Estimates of base rows against the labels, for every judge, mode and setting."""
    rows: list[Estimate] = []
    base = verdicts.filter(pl.col("probe").is_null() & (pl.col("variant") == "base"))
    for mode, chosen in measures.items():
        labelled = [
            sample
            for sample in samples.filter(pl.col("mode") == mode).iter_rows(named=True)
            if sample["labels"]
        ]
        if not labelled:
            continue
        layers = resampling.strata(labelled)
        asked = base.filter(pl.col("mode") == mode)
        for (judge, setting), group in asked.group_by(["judge", "setting"], maintain_order=True):
            answers = _by_sample(group)
            repeats = int(group["repeat"].n_unique())
            subject = Subject(str(judge), mode, str(setting), None, repeat_rule(mode, repeats))
            evidence = EVIDENCE[mode](labelled, answers)
            rows += estimates(subject, evidence, layers, chosen, bootstrap)
    return estimates_table(rows)


def estimates(
    subject: Subject,
    evidence: Evidence,
    layers: Sequence[Stratum],
    measures: Sequence[Measure],
    bootstrap: BootstrapConfig,
) -> Iterator[Estimate]:
    """The estimates of one subject: each measure pooled, macro and per source."""
    sums = [resampling.cluster_sums(layer, evidence.features) for layer in layers]
    draws = [
        resampling.replicated(layer, own, bootstrap)
        for layer, own in zip(layers, sums, strict=True)
    ]
    points = [own.sum(0) for own in sums]
    for measure in measures:
        yield from _measured(subject, evidence, layers, measure, points, draws, bootstrap)


def _measured(
    subject: Subject,
    evidence: Evidence,
    layers: Sequence[Stratum],
    measure: Measure,
    points: Sequence[Floats],
    draws: Sequence[Floats],
    bootstrap: BootstrapConfig,
) -> Iterator[Estimate]:
    def value(sums: Floats) -> Floats:
        return resampling.values(lambda s: measure.value(s, evidence.columns), sums)

    named = [index for index, layer in enumerate(layers) if layer.source is not None]
    by_source = [float(value(point)) for point in points]
    drawn = [value(draw) for draw in draws]
    pooled = resampling.interval(
        float(value(np.sum(points, axis=0))), value(np.sum(draws, axis=0)), bootstrap.level
    )
    yield _estimate(subject, evidence, measure, "pooled", layers, pooled, bootstrap)
    if named:
        mean, undefined = _mean([by_source[index] for index in named])
        macro = resampling.interval(
            mean, _means(np.stack([drawn[index] for index in named])), bootstrap.level
        )
        note = f"mean over {len(named) - undefined} of {len(named)} sources" if undefined else None
        members = [layers[index] for index in named]
        yield _estimate(subject, evidence, measure, "macro", members, macro, bootstrap, note)
    for layer, point, draw in zip(layers, by_source, drawn, strict=True):
        own = resampling.interval(point, draw, bootstrap.level)
        group = f"source:{layer.name}"
        yield _estimate(subject, evidence, measure, group, [layer], own, bootstrap)


def _estimate(
    subject: Subject,
    evidence: Evidence,
    measure: Measure,
    group: str,
    layers: Sequence[Stratum],
    found: Interval,
    bootstrap: BootstrapConfig,
    note: str | None = None,
) -> Estimate:
    members = np.concatenate([layer.samples for layer in layers])
    n = int(evidence.answered[members].sum())
    clustered = all(layer.clustered for layer in layers)
    unit = "images" if clustered else "rows, images unknown"
    notes = [note] if note else []
    if found.value is None:
        notes.append("not defined: no readable verdict" if n == 0 else "not defined: no variation")
    elif found.low is None:
        notes.append("no interval: undefined in most replicates")
    elif found.undefined:
        notes.append(f"{found.undefined} of {bootstrap.replicates} replicates undefined")
    return Estimate(
        judge=subject.judge,
        mode=subject.mode,
        setting=subject.setting,
        probe=subject.probe,
        metric=measure.name,
        group=group,
        value=found.value,
        low=found.low,
        high=found.high,
        level=bootstrap.level,
        method=f"percentile bootstrap of {unit} within sources, {bootstrap.replicates} replicates",
        n=n,
        n_missing=int(evidence.asked[members].sum()) - n,
        clusters=sum(layer.clusters for layer in layers),
        clustered=clustered,
        repeat_rule=subject.repeat_rule,
        note="; ".join(notes) or None,
    )


def estimates_table(rows: Iterable[Estimate]) -> pl.DataFrame:
    """Estimates as a table."""
    return table((row.model_dump() for row in rows), ESTIMATES)


def _mean(values: Sequence[float]) -> tuple[float, int]:
    """The mean of the defined values and how many are not."""
    defined = [value for value in values if not np.isnan(value)]
    undefined = len(values) - len(defined)
    return (sum(defined) / len(defined) if defined else float("nan")), undefined


def _means(draws: Floats) -> Floats:
    """Means over the first axis of what is defined."""
    defined = ~np.isnan(draws)
    counts = defined.sum(0)
    total = np.where(defined, draws, 0.0).sum(0)
    return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)


Answers = Mapping[str, list[str | None]]


def _by_sample(group: pl.DataFrame) -> Answers:
    """The verdicts of each sample over its repeats; `None` where one is not readable."""
    found: dict[str, list[str | None]] = {}
    rows = group.sort("repeat").select("sample_id", "status", "verdict").iter_rows()
    for sample_id, status, verdict in rows:
        found.setdefault(sample_id, []).append(verdict if status in READABLE else None)
    return found


def _marks(samples: Sequence[Mapping[str, Any]], answers: Answers) -> tuple[list[list[str]], Ints]:
    """The readable verdicts of each sample, and which samples were asked at all."""
    given = [answers.get(sample["sample_id"]) for sample in samples]
    readable = [[verdict for verdict in some or () if verdict is not None] for some in given]
    return readable, np.array([some is not None for some in given], dtype=np.int64)


def _score_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    readable, asked = _marks(samples, answers)
    human = [combined_score(label_verdicts(sample)) for sample in samples]
    judge = [combined_score(some) if some else None for some in readable]
    columns = Columns(_levels(human), _levels(judge))
    return _table_evidence(columns, human, judge, asked)


def _choice_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    readable, asked = _marks(samples, answers)
    human: list[float | None] = [
        float("ABC".index(combined_choice(label_verdicts(sample)))) for sample in samples
    ]
    judge = [float("ABC".index(combined_choice(some))) if some else None for some in readable]
    return _table_evidence(Columns(CHOICES, CHOICES), human, judge, asked)


def _ranking_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    """Means over annotators and repeats of what each ranking is worth."""
    readable, asked = _marks(samples, answers)
    blank = np.zeros(len(ranking_features("AB", "AB")))
    rows = [
        np.mean([ranking_features(y, v) for y in label_verdicts(sample) for v in some], axis=0)
        if some
        else blank
        for sample, some in zip(samples, readable, strict=True)
    ]
    answered = np.array([bool(some) for some in readable], dtype=np.int64)
    return Evidence(Columns(NOTHING, NOTHING), np.array(rows), answered, asked)


def _table_evidence(
    columns: Columns,
    human: Sequence[float | None],
    judge: Sequence[float | None],
    asked: Ints,
) -> Evidence:
    """Indicator features of joint counts."""
    features = np.zeros((len(human), len(columns.human) * len(columns.judge)))
    answered = np.array([value is not None for value in judge], dtype=np.int64)
    given = answered.astype(bool)
    x = np.searchsorted(columns.human, np.asarray(human, dtype=np.float64)[given])
    y = np.searchsorted(columns.judge, np.asarray(judge, dtype=np.float64)[given])
    features[given, x * len(columns.judge) + y] = 1.0
    return Evidence(columns, features, answered, asked)


def _levels(values: Iterable[float | None]) -> Floats:
    return np.array(sorted({value for value in values if value is not None}), dtype=np.float64)


EVIDENCE = {"score": _score_evidence, "pair": _choice_evidence, "batch": _ranking_evidence}
