"""Estimates of every judge from verdict tables: pooled, per source, and the mean over sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from data.schemas import ESTIMATES
from data.tables import table
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.bounds import bounds
from tasks.measures.denominators import Part, said
from tasks.measures.evidence import Answers, Evidence
from tasks.measures.kinds import Floats, Ints, Limits, Measure
from tasks.measures.replicates import Drawn, Inside, Job, by_level, inside_of, replicates, valued
from tasks.measures.resampling import Interval, Scope, Stratum
from tasks.measures.skewness import Lean, leans
from tasks.measures.subjects import Row, Subject, every

FEW = 100  # images, below which a share has Wilson's interval
RARE = 15  # images in which something happens, or does not, below which it has it too


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


def estimates(
    jobs: Sequence[Job], layers: Sequence[Stratum], bootstrap: BootstrapConfig
) -> Iterator[Estimate]:
    """Each job's measures pooled, macro and per source; all see the same replicates."""
    inside = [inside_of(job, layers) for job in jobs]
    drawn = replicates(jobs, inside, layers, bootstrap)
    for job, own, of_job in zip(jobs, inside, drawn, strict=True):
        for measure, who, draws in zip(job.measures, own, of_job, strict=True):
            yield from _measured(job, measure, who, layers, draws, bootstrap)


def _measured(
    job: Job,
    measure: Measure,
    inside: Inside,
    layers: Sequence[Stratum],
    drawn: Drawn,
    bootstrap: BootstrapConfig,
) -> Iterator[Estimate]:
    subject, evidence = job.subject, job.evidence
    value = valued(measure, evidence)

    def told(
        group: str, about: Scope, images: int, found: Interval, limits: Limits, note: str = ""
    ) -> Estimate:
        own = inside.entering.among(about, images)
        return _estimate(subject, measure, group, own, found, limits, bootstrap, note)

    def interval(point: float, draws: Floats, lean: Lean | None = None) -> Interval:
        ends = None if lean is None else lean.shares(bootstrap.level)
        return resampling.interval(point, draws, bootstrap.level, ends)

    def known(members: Ints) -> Limits:
        if not measure.bounded:
            return None, None
        return (measure.limits or bounds)(value, evidence, members)

    images = inside.images
    leaning = leans(measure, value, evidence, layers, images)
    everybody = resampling.scope(layers)
    by_source = [float(value(evidence.total(layer.samples))) for layer in layers]
    limits = [known(layer.samples) for layer in layers]
    total = evidence.total(everybody.members)
    pooled = interval(float(value(total)), drawn.pooled, leaning.pooled)
    yield told("pooled", everybody, sum(images), pooled, known(everybody.members))
    named = [index for index, layer in enumerate(layers) if layer.source is not None]
    if named:
        mean, undefined = _mean([by_source[index] for index in named])
        draws = _means(np.stack([drawn.layers[index] for index in named]))
        macro = interval(mean, draws, leaning.macro)
        note = f"mean over {len(named) - undefined} of {len(named)} sources" if undefined else ""
        about = resampling.scope([layers[index] for index in named])
        macro_limits = _mean_limits([limits[i] for i in named])
        own_images = sum(images[index] for index in named)
        yield told("macro", about, own_images, macro, macro_limits, note)
    for layer, size, point, draw, limit, lean in zip(
        layers, images, by_source, drawn.layers, limits, leaning.layers, strict=True
    ):
        own = interval(point, draw, lean)
        yield told(f"source:{layer.name}", resampling.scope([layer]), size, own, limit)
    kept = zip(evidence.columns.human, by_level(measure, evidence), drawn.levels, strict=False)
    for level, keep, draws in kept:
        about = resampling.scope_of(layers, evidence.human == level)
        own = interval(float(value(total * keep)), draws)
        among = resampling.scope_of(layers, inside.entering.inside & (evidence.human == level))
        yield told(f"label:{level:g}", about, among.clusters, own, known(about.members))


def _estimate(
    subject: Subject,
    measure: Measure,
    group: str,
    part: Part,
    found: Interval,
    limits: Limits,
    bootstrap: BootstrapConfig,
    note: str,
) -> Estimate:
    if part.clusters < 2:  # one image says nothing of how images differ
        found = Interval(found.value, None, None, found.undefined)
    found, small = _few(measure, group, part, found, bootstrap.level)
    unit = "images" if part.clustered else "rows, images unknown"
    way = "bootstrap corrected for skewness," if found.corrected else "percentile bootstrap"
    notes = [note, *said(measure, part, found, limits, bootstrap.replicates)]
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
        method=small or f"{way} of {unit} within sources, {bootstrap.replicates} replicates",
        bound_low=limits[0],
        bound_high=limits[1],
        n=part.n,
        n_missing=part.missing,
        clusters=part.clusters,
        clustered=part.clustered,
        repeat_rule=subject.repeat_rule,
        note="; ".join(each for each in notes if each) or None,
    )


def _few(
    measure: Measure, group: str, part: Part, found: Interval, level: float
) -> tuple[Interval, str | None]:
    """Wilson's interval in place of the bootstrap's for a share of few images, one sample each.

    Also for one of many that is rare, or nearly all: it stands on few images all the same.
    """
    if not measure.share or not 0 < part.n == part.clusters or group == "macro":
        return found, None
    if found.value is None:
        return found, None
    rare = round(min(found.value, 1 - found.value) * part.n)
    if part.n >= FEW and rare >= RARE:
        return found, None
    ends = resampling.wilson(found.value, part.n, level)
    if ends is None:
        return found, None
    why = f"{part.n} < {FEW} images" if part.n < FEW else f"{rare} < {RARE} images of one kind"
    return Interval(found.value, *ends, found.undefined), f"Wilson interval, {why}"


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
