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
from tasks.measures.kinds import Floats, Ints, Measure
from tasks.measures.resampling import Interval, Scope, Stratum
from tasks.measures.subjects import Row, Subject, every

Limits = tuple[float | None, float | None]
MOST_LEVELS = 12  # of labels, for each to get a figure of its own
FEW = 100  # images, below which a share has Wilson's interval


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
        found = (
            Job(subject, evidence, family.measures)
            for subject, answers in asked
            for family in chosen
            if (evidence := family.evidence(compared, answers)) is not None
        )
        rows += estimates(list(found), resampling.strata(compared), bootstrap)
    return estimates_table(rows)


class Job(NamedTuple):
    """A subject's evidence and the measures of it."""

    subject: Subject
    evidence: Evidence
    measures: Sequence[Measure]


class Drawn(NamedTuple):
    """A measure's replicates: by stratum, pooled, and by level of the label."""

    layers: list[Floats]
    pooled: Floats
    levels: list[Floats]


def estimates(
    jobs: Sequence[Job], layers: Sequence[Stratum], bootstrap: BootstrapConfig
) -> Iterator[Estimate]:
    """Each job's measures pooled, macro and per source; all see the same replicates."""
    drawn = _replicates(jobs, layers, bootstrap)
    for job, of_job in zip(jobs, drawn, strict=True):
        for measure, draws in zip(job.measures, of_job, strict=True):
            yield from _measured(job.subject, job.evidence, layers, measure, draws, bootstrap)


def _value(measure: Measure, evidence: Evidence) -> Callable[[Floats], Floats]:
    return lambda sums: resampling.values(lambda s: measure.value(s, evidence.columns), sums)


def _levels(measure: Measure, evidence: Evidence) -> list[Floats]:
    """For each level that gets a figure of its own, which sums belong to it."""
    levels, columns = evidence.columns.human, evidence.columns
    if not measure.by_level or evidence.human is None or len(levels) > MOST_LEVELS:
        return []
    return [np.repeat(levels == level, len(columns.judge)).astype(float) for level in levels]


def _replicates(
    jobs: Sequence[Job], layers: Sequence[Stratum], bootstrap: BootstrapConfig
) -> list[list[Drawn]]:
    """Every measure's replicates, block by block, so that wide tables fit into memory."""
    sums = [
        [resampling.cluster_sums(layer, job.evidence.features) for layer in layers] for job in jobs
    ]
    found: list[list[list[list[Floats]]]] = [[[] for _ in job.measures] for job in jobs]
    widest = max((job.evidence.features.shape[1] for job in jobs), default=1)
    for weights in resampling.blocks(layers, widest, bootstrap) if jobs else ():
        for job, by_layer, blocks in zip(jobs, sums, found, strict=True):
            drawn = [own @ by_image for own, by_image in zip(weights, by_layer, strict=True)]
            total = np.sum(drawn, axis=0)
            for measure, values in zip(job.measures, blocks, strict=True):
                value = _value(measure, job.evidence)
                levels = (total * keep for keep in _levels(measure, job.evidence))
                values.append([value(each) for each in (*drawn, total, *levels)])
    return [[_drawn(values, len(layers)) for values in blocks] for blocks in found]


def _drawn(blocks: Sequence[Sequence[Floats]], layers: int) -> Drawn:
    parts = [np.concatenate(part) for part in zip(*blocks, strict=True)]
    return Drawn(parts[:layers], parts[layers], parts[layers + 1 :])


def _measured(
    subject: Subject,
    evidence: Evidence,
    layers: Sequence[Stratum],
    measure: Measure,
    drawn: Drawn,
    bootstrap: BootstrapConfig,
) -> Iterator[Estimate]:
    value = _value(measure, evidence)

    def told(group: str, about: Scope, found: Interval, limits: Limits, note: str = "") -> Estimate:
        return _estimate(subject, evidence, measure, group, about, found, limits, bootstrap, note)

    def interval(point: float, draws: Floats) -> Interval:
        return resampling.interval(point, draws, bootstrap.level)

    def known(members: Ints) -> Limits:
        return bounds(value, evidence, members) if measure.bounded else (None, None)

    everybody = resampling.scope(layers)
    by_source = [float(value(evidence.total(layer.samples))) for layer in layers]
    limits = [known(layer.samples) for layer in layers]
    total = evidence.total(everybody.members)
    pooled = interval(float(value(total)), drawn.pooled)
    yield told("pooled", everybody, pooled, known(everybody.members))
    named = [index for index, layer in enumerate(layers) if layer.source is not None]
    if named:
        mean, undefined = _mean([by_source[index] for index in named])
        macro = interval(mean, _means(np.stack([drawn.layers[index] for index in named])))
        note = f"mean over {len(named) - undefined} of {len(named)} sources" if undefined else ""
        about = resampling.scope([layers[index] for index in named])
        yield told("macro", about, macro, _mean_limits([limits[i] for i in named]), note)
    for layer, point, draw, limit in zip(layers, by_source, drawn.layers, limits, strict=True):
        own = interval(point, draw)
        yield told(f"source:{layer.name}", resampling.scope([layer]), own, limit)
    kept = zip(evidence.columns.human, _levels(measure, evidence), drawn.levels, strict=False)
    for level, keep, draws in kept:
        about = resampling.scope_of(layers, evidence.human == level)
        own = interval(float(value(total * keep)), draws)
        yield told(f"label:{level:g}", about, own, known(about.members))


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
    if about.clusters < 2:  # one image says nothing of how images differ
        found = Interval(found.value, None, None, found.undefined)
    found, small = _few(measure, group, about, found, n, bootstrap.level)
    unit = "images" if about.clustered else "rows, images unknown"
    notes = [note] if note else []
    if found.value is None:
        notes.append("not defined: no readable verdict" if n == 0 else "not defined: no variation")
    elif found.low is None:
        one = "one image" if about.clusters < 2 else "undefined in most replicates"
        notes.append(f"no interval: {one}")
    elif found.undefined:
        notes.append(f"{found.undefined} of {bootstrap.replicates} replicates undefined")
    return Estimate(
        judge=subject.judge,
        mode=subject.mode,
        setting=subject.setting,
        probe=subject.probe,
        arm=subject.arm,
        metric=measure.name,
        group=group,
        value=found.value,
        low=found.low,
        high=found.high,
        level=bootstrap.level,
        method=small
        or f"percentile bootstrap of {unit} within sources, {bootstrap.replicates} replicates",
        bound_low=limits[0],
        bound_high=limits[1],
        n=n,
        n_missing=int(evidence.missing[about.members].sum()),
        clusters=about.clusters,
        clustered=about.clustered,
        repeat_rule=subject.repeat_rule,
        note="; ".join(notes) or None,
    )


def _few(
    measure: Measure, group: str, about: Scope, found: Interval, n: int, level: float
) -> tuple[Interval, str | None]:
    """Wilson's interval in place of the bootstrap's for a share of few images, one sample each."""
    alone = about.clusters == len(about.members)
    if not measure.share or not alone or not 0 < n < FEW or group == "macro" or found.value is None:
        return found, None
    ends = resampling.wilson(found.value, n, level)
    if ends is None:
        return found, None
    return Interval(found.value, *ends, found.undefined), f"Wilson interval, {n} < {FEW} images"


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
