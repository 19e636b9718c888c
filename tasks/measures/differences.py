"""Paired differences between judges: the same images, the same replicates, the same samples.

Two judges are compared on the samples that both answered readably; `share_lost` is what that leaves
out of the samples both were asked. The limits of a difference are those of all samples both were
asked: the one judge at its worst and the other at its best, whatever the missing verdicts had said.

Source of the correction: Benjamini and Hochberg (1995), within the exploratory measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control

from data.records import Mode
from data.schemas import DIFFERENCES
from data.tables import table
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.bounds import bounds, less
from tasks.measures.estimates import Family
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Ints, Limits, Measure
from tasks.measures.resampling import Stratum
from tasks.measures.subjects import Subject, every

BASELINE = "baseline:"


class Side(NamedTuple):
    """A judge in a comparison, with the limits of each measure over all samples."""

    subject: Subject
    evidence: Evidence
    limits: Sequence[Limits]


def differences(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    families: Mapping[Mode, Family],
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Differences of judges and panels in one setting, of one judge's settings, and to a baseline.

    The baseline is the best one.

    Args:
        samples: columns of `data.schemas.SAMPLES`.
        verdicts: columns of `data.schemas.VERDICTS`; rows of probes are left out.
        families: the measures of each mode, the primary first.
        bootstrap: replicates, level and seed.

    Returns:
        Columns of `data.schemas.DIFFERENCES`: pooled figures only.
    """
    rows: list[dict[str, Any]] = []
    for mode, family in families.items():
        compared, asked = every(samples, verdicts, mode)
        sides = []
        for subject, answers in asked:
            evidence = family.evidence(compared, answers)
            if evidence is not None:
                sides.append(Side(subject, evidence, limits_of(evidence, family.measures)))
        chosen = list(_pairs(sides, family.measures[0]))
        layers = resampling.strata(compared)
        rows += paired_rows(chosen, layers, family.measures, bootstrap)
    return _corrected(table(rows, DIFFERENCES))


def _pairs(sides: Sequence[Side], primary: Measure) -> Iterator[tuple[Side, Side]]:
    judges = [side for side in sides if not side.subject.judge.startswith(BASELINE)]
    known = [side for side in sides if side.subject.judge.startswith(BASELINE)]
    for one, other in combinations(judges, 2):
        mine, its = one.subject, other.subject
        if mine.setting == its.setting or mine.judge == its.judge:
            yield one, other
    values = [float(value_of(primary, side.evidence)(side.evidence.total())) for side in known]
    if known and not np.isnan(values).all():
        best = known[int(np.nanargmax(values))]
        yield from ((judge, best) for judge in judges)


def paired_rows(
    pairs: Sequence[tuple[Side, Side]],
    layers: Sequence[Stratum],
    measures: Sequence[Measure],
    bootstrap: BootstrapConfig,
) -> Iterator[dict[str, Any]]:
    """A row per pair and measure, the first minus the second; all pairs see the same replicates."""
    both = [one.evidence.answered * other.evidence.answered for one, other in pairs]
    sums = [
        [sums_by_image(side.evidence, kept, layers) for side in pair]
        for pair, kept in zip(pairs, both, strict=True)
    ]
    found: list[list[list[Floats]]] = [[[] for _ in measures] for _ in pairs]
    widest = max((side.evidence.features.shape[1] for pair in pairs for side in pair), default=1)
    for weights in resampling.blocks(layers, widest, bootstrap) if pairs else ():
        for pair, by_side, drawn in zip(pairs, sums, found, strict=True):
            totals = [
                np.sum([w @ by_image for w, by_image in zip(weights, own, strict=True)], axis=0)
                for own in by_side
            ]
            for measure, values in zip(measures, drawn, strict=True):
                one, other = (
                    value_of(measure, side.evidence)(total)
                    for side, total in zip(pair, totals, strict=True)
                )
                values.append(one - other)
    for pair, kept, drawn in zip(pairs, both, found, strict=True):
        about = resampling.scope_of(layers, kept.astype(bool))
        for index, measure in enumerate(measures):
            yield _row(pair, kept, np.concatenate(drawn[index]), index, measure, about, bootstrap)


def limits_of(evidence: Evidence, measures: Sequence[Measure]) -> list[Limits]:
    """What each measure could be over all samples, whatever the missing verdicts had said."""
    everybody = np.arange(len(evidence.asked))
    return [bounds(value_of(measure, evidence), evidence, everybody) for measure in measures]


def sums_by_image(evidence: Evidence, kept: Ints, layers: Sequence[Stratum]) -> list[csr_array]:
    """Per-image sums of each stratum, of the samples that are kept (1, else 0)."""
    features = csr_array(csr_array(evidence.features).multiply(kept[:, None]))
    return [resampling.cluster_sums(layer, features) for layer in layers]


def _row(
    pair: tuple[Side, Side],
    kept: Ints,
    replicates: Floats,
    index: int,
    measure: Measure,
    about: resampling.Scope,
    bootstrap: BootstrapConfig,
) -> dict[str, Any]:
    one, other = pair
    both = np.flatnonzero(kept)
    points = [float(value_of(measure, s.evidence)(s.evidence.total(both))) for s in pair]
    found = resampling.interval(points[0] - points[1], replicates, bootstrap.level)
    asked = one.evidence.asked * other.evidence.asked
    bound_low, bound_high = less(*(_limits(side, index, measure, asked) for side in pair))
    return {
        "mode": one.subject.mode,
        "judge": one.subject.judge,
        "setting": one.subject.setting,
        "other": other.subject.judge,
        "other_setting": other.subject.setting,
        "metric": measure.name,
        "primary": measure.primary,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "level": bootstrap.level,
        "bound_low": bound_low,
        "bound_high": bound_high,
        "p": None if found.low is None else _p_value(replicates),
        "n": int(kept.sum()),
        "share_lost": 1.0 - kept.sum() / asked.sum() if asked.any() else None,
        "clusters": about.clusters,
        "clustered": about.clustered,
        "note": None if found.value is not None else "not defined for one of the two",
    }


def _limits(side: Side, index: int, measure: Measure, asked: Ints) -> Limits:
    """What a measure of one side could be over the samples that both were asked."""
    if np.array_equal(asked, side.evidence.asked):
        return side.limits[index]
    return bounds(value_of(measure, side.evidence), side.evidence, np.flatnonzero(asked))


def _p_value(replicates: Floats) -> float:
    """Two-sided bootstrap p: twice the share of replicates on the far side of zero, never 0."""
    defined = replicates[~np.isnan(replicates)]
    fewer = min((defined <= 0).sum(), (defined >= 0).sum())
    return float(min(1.0, 2 * (1 + fewer) / (1 + len(defined))))


def value_of(measure: Measure, evidence: Evidence) -> Callable[[Floats], Floats]:
    """The measure as a function of sums alone."""
    return lambda sums: resampling.values(lambda s: measure.value(s, evidence.columns), sums)


def _corrected(frame: pl.DataFrame) -> pl.DataFrame:
    """`p_adjusted`: Benjamini-Hochberg within the exploratory rows; primary rows have none."""
    family = frame["p"].is_not_null() & ~frame["primary"]
    if not family.any():
        return frame
    adjusted = np.full(frame.height, np.nan)
    adjusted[family.to_numpy()] = false_discovery_control(frame["p"].filter(family).to_numpy())
    return frame.with_columns(pl.Series("p_adjusted", adjusted).fill_nan(None))
