"""Estimates of every judge from verdict tables: pooled, per source, and the mean over sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from data.tables import ESTIMATES, table
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.bounds import bounds
from tasks.measures.evidence import Answers, Evidence
from tasks.measures.kinds import Floats, Measure
from tasks.measures.resampling import Interval, Scope, Stratum
from tasks.measures.subjects import Row, Subject, every

Limits = tuple[float | None, float | None]
MOST_LEVELS = 12  # of labels, for each to get a figure of its own


class Family(NamedTuple):
    """Measures of the same sums; the maker returns `None` where the samples do not allow them."""

    evidence: Callable[[Sequence[Row], Answers], Evidence | None]
    measures: Sequence[Measure]


def agreement(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    families: Mapping[Mode, Sequence[Family]],
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Estimates of base rows against the labels, for every judge, mode and setting."""
    rows: list[Estimate] = []
    for mode, chosen in families.items():
        compared, asked = every(samples, verdicts, mode)
        layers = resampling.strata(compared)
        for subject, answers in asked:
            for family in chosen:
                evidence = family.evidence(compared, answers)
                if evidence is not None:
                    rows += estimates(subject, evidence, layers, family.measures, bootstrap)
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

    def told(group: str, about: Scope, found: Interval, limits: Limits, note: str = "") -> Estimate:
        return _estimate(subject, evidence, measure, group, about, found, limits, bootstrap, note)

    everybody = resampling.scope(layers)
    by_source = [float(value(point)) for point in points]
    drawn = [value(draw) for draw in draws]
    limits = [bounds(value, evidence, layer.samples) for layer in layers]
    total, all_draws = np.sum(points, axis=0), np.sum(draws, axis=0)
    pooled = resampling.interval(float(value(total)), value(all_draws), bootstrap.level)
    yield told("pooled", everybody, pooled, bounds(value, evidence, everybody.members))
    named = [index for index, layer in enumerate(layers) if layer.source is not None]
    if named:
        mean, undefined = _mean([by_source[index] for index in named])
        rows = _means(np.stack([drawn[index] for index in named]))
        macro = resampling.interval(mean, rows, bootstrap.level)
        note = f"mean over {len(named) - undefined} of {len(named)} sources" if undefined else ""
        about = resampling.scope([layers[index] for index in named])
        yield told("macro", about, macro, _mean_limits([limits[i] for i in named]), note)
    for layer, point, draw, limit in zip(layers, by_source, drawn, limits, strict=True):
        own = resampling.interval(point, draw, bootstrap.level)
        yield told(f"source:{layer.name}", resampling.scope([layer]), own, limit)
    levels = evidence.columns.human
    if measure.by_level and evidence.human is not None and len(levels) <= MOST_LEVELS:
        for level in levels:
            keep = np.repeat(evidence.columns.human == level, len(evidence.columns.judge))
            about = resampling.scope_of(layers, evidence.human == level)
            at, draws_at = float(value(total * keep)), value(all_draws * keep)
            own = resampling.interval(at, draws_at, bootstrap.level)
            yield told(f"label:{level:g}", about, own, bounds(value, evidence, about.members))


def _estimate(
    subject: Subject,
    evidence: Evidence,
    measure: Measure,
    group: str,
    about: Scope,
    found: Interval,
    limits: Limits,
    bootstrap: BootstrapConfig,
    note: str,
) -> Estimate:
    n = int(evidence.answered[about.members].sum())
    unit = "images" if about.clustered else "rows, images unknown"
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
        bound_low=limits[0],
        bound_high=limits[1],
        n=n,
        n_missing=int(evidence.missing[about.members].sum()),
        clusters=about.clusters,
        clustered=about.clustered,
        repeat_rule=subject.repeat_rule,
        note="; ".join(notes) or None,
    )


def _mean_limits(limits: Sequence[Limits]) -> Limits:
    """The limits of a mean, of sources in which both are defined."""
    defined = [(low, high) for low, high in limits if low is not None and high is not None]
    if not defined:
        return None, None
    lows, highs = zip(*defined, strict=True)
    return sum(lows) / len(lows), sum(highs) / len(highs)


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
