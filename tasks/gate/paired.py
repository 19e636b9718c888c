"""Now minus before, measure by measure, on the samples that both runs answered readably.

The deciding rows are the primary measure of each judge and mode in the run's first setting; all
others are exploratory and corrected by Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control

from data.records import MODES, Mode
from data.schemas import COMPARISON
from data.tables import table
from tasks.config import BootstrapConfig, GateConfig
from tasks.gate.exchange import Pair, as_bad, draws_for, exchanged, two_sided
from tasks.gate.rule import Rule, finding
from tasks.measures import AGREEMENT, resampling
from tasks.measures.differences import Side, limits_of, paired_rows, value_of
from tasks.measures.evidence import EVIDENCE, Answers, Evidence
from tasks.measures.kinds import Floats, Ints, Measure
from tasks.measures.power import deviation_per_image, smallest_difference
from tasks.measures.resampling import Stratum
from tasks.measures.subjects import Row, Subject, labelled, subjects

POWER = 0.8


class Compared(NamedTuple):
    """The pairs of a mode, and the strata of the samples that they are about."""

    mode: Mode
    pairs: Sequence[Pair]
    layers: Sequence[Stratum]

    def name(self, pair: Pair) -> tuple[str, str, str]:
        """Mode, judge and setting of a pair."""
        return self.mode, pair[0].subject.judge, pair[0].subject.setting


def side_by_side(samples: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame) -> list[Compared]:
    """The pairs of every mode: judges in settings that both runs have.

    Args:
        samples: the common samples, columns of `data.schemas.SAMPLES`.
        before: the older run's verdicts of judges, columns of `data.schemas.VERDICTS`.
        now: the newer run's.
    """
    return [_compared(mode, samples, before, now) for mode in MODES]


def run_differences(
    every: Sequence[Compared],
    settings: Sequence[str],
    gate: GateConfig,
    bootstrap: BootstrapConfig,
    tests: int | None = None,
) -> tuple[pl.DataFrame, int]:
    """Columns of `data.schemas.COMPARISON`, and how many tests share the promise of the gate.

    Args:
        every: the pairs of every mode.
        settings: the newer run's settings; the first one decides.
        gate: what is promised, and what matters.
        bootstrap: replicates, level and seed.
        tests: how many tests share the promise; by default those that are made here.
    """
    found, rule = decided(every, settings, gate, bootstrap, tests)
    found += explored(every, settings, bootstrap)
    return _corrected(table(found, COMPARISON)), rule.tests


def decided(
    every: Sequence[Compared],
    settings: Sequence[str],
    gate: GateConfig,
    bootstrap: BootstrapConfig,
    tests: int | None = None,
) -> tuple[list[dict[str, Any]], Rule]:
    """The rows that decide, and the rule with the number of tests that share the promise."""
    chosen = _deciding(every, settings)
    rule = Rule(gate, tests or len(chosen))
    draws = draws_for(gate.false_alarms, rule.tests)
    strict = bootstrap.model_copy(
        update={"level": rule.level, "replicates": max(bootstrap.replicates, draws)}
    )
    found: list[dict[str, Any]] = []
    for of in every:
        first = of._replace(pairs=[pair for pair in of.pairs if of.name(pair) in chosen])
        found += _rows(first, [m for m in AGREEMENT[of.mode] if m.primary], strict, rule)
    return found, rule


def explored(
    every: Sequence[Compared], settings: Sequence[str], bootstrap: BootstrapConfig
) -> Iterator[dict[str, Any]]:
    """The rows that decide nothing: other measures, other settings."""
    chosen = _deciding(every, settings)
    for of in every:
        first = of._replace(pairs=[pair for pair in of.pairs if of.name(pair) in chosen])
        rest = of._replace(pairs=[pair for pair in of.pairs if of.name(pair) not in chosen])
        measures = AGREEMENT[of.mode]
        yield from _rows(first, [m for m in measures if not m.primary], bootstrap, None)
        yield from _rows(rest, measures, bootstrap, None)


def _compared(
    mode: Mode, samples: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame
) -> Compared:
    """The same judges in the same settings in both runs, now first."""
    rows = labelled(samples, mode)
    old = {(s.judge, s.setting): answers for s, answers in subjects(before, mode)} if rows else {}
    pairs = [
        _pair(mode, subject, rows, (answers, old[subject.judge, subject.setting]))
        for subject, answers in subjects(now, mode)
        if (subject.judge, subject.setting) in old
    ]
    return Compared(mode, pairs, resampling.strata(rows))


def _pair(
    mode: Mode, subject: Subject, rows: Sequence[Row], answers: tuple[Answers, Answers]
) -> Pair:
    """Both sides' evidence in the same columns: made as if they were twice as many samples."""
    now, before = answers
    older = [{**row, "sample_id": f"\0{row['sample_id']}"} for row in rows]
    said = {**now, **{f"\0{sample}": answers for sample, answers in before.items()}}
    whole = EVIDENCE[mode]([*rows, *older], said)
    half = len(rows)
    parts = (_part(whole, slice(0, half)), _part(whole, slice(half, None)))
    one, other = (Side(subject, part, ()) for part in parts)
    return one, other


def _part(evidence: Evidence, at: slice) -> Evidence:
    return replace(
        evidence,
        features=csr_array(evidence.features)[at],
        answered=evidence.answered[at],
        asked=evidence.asked[at],
        human=None if evidence.human is None else evidence.human[at],
        extremes=None if evidence.extremes is None else evidence.extremes[at],
    )


def _deciding(every: Sequence[Compared], settings: Sequence[str]) -> set[tuple[str, str, str]]:
    """Each judge's rows in the first setting that it was asked in and has common answers."""
    places = {name: place for place, name in enumerate(settings)}
    first: dict[tuple[str, str], str] = {}
    for of in every:
        for pair in of.pairs:
            mode, judge, setting = of.name(pair)
            if (pair[0].evidence.answered * pair[1].evidence.answered).any():
                both = first.setdefault((mode, judge), setting), setting
                first[mode, judge] = min(both, key=lambda s: (places.get(s, len(places)), s))
    return {(mode, judge, setting) for (mode, judge), setting in first.items()}


def _rows(
    of: Compared, measures: Sequence[Measure], bootstrap: BootstrapConfig, rule: Rule | None
) -> Iterator[dict[str, Any]]:
    """Rows of some pairs and measures; with a rule they are the deciding ones."""
    pairs = [_limited(pair, measures) for pair in of.pairs]
    under = exchanged(pairs, of.layers, measures, bootstrap.seed, bootstrap.replicates)
    rows = paired_rows(pairs, of.layers, measures, bootstrap)
    for pair, of_pair in zip(pairs, under, strict=True):
        for measure, draws in zip(measures, of_pair, strict=True):
            row = _row(pair, measure, next(rows), draws)
            yield row if rule is None else row | _decided(row, measure, rule, of.mode)


def _limited(pair: Pair, measures: Sequence[Measure]) -> Pair:
    """The pair with what these measures could be, whatever the missing verdicts had said."""
    one, other = (side._replace(limits=limits_of(side.evidence, measures)) for side in pair)
    return one, other


def _row(pair: Pair, measure: Measure, row: Mapping[str, Any], under: Floats) -> dict[str, Any]:
    now, before = (side.evidence for side in pair)
    both = np.flatnonzero(now.answered * before.answered)
    asked = now.asked * before.asked
    points = [float(value_of(measure, each)(each.total(both))) for each in (now, before)]
    kept = {name: row[name] for name in KEPT}
    if row["clusters"] < 2:  # one image says nothing of how images differ
        kept |= {"low": None, "high": None, "note": "no interval: fewer than two images"}
    defined = kept["value"] is not None
    return kept | {
        "decides": False,
        "now": None if np.isnan(points[0]) else points[0],
        "before": None if np.isnan(points[1]) else points[1],
        "p": two_sided(points[0] - points[1], under) if defined else None,
        "p_worse": as_bad(points[0] - points[1], under, measure.better) if defined else None,
        "lost_before": _lost(before, asked),
        "lost_now": _lost(now, asked),
    }


def _decided(row: Mapping[str, Any], measure: Measure, rule: Rule, mode: Mode) -> dict[str, Any]:
    """What a deciding row says besides."""
    p_worse = 1.0 if row["p_worse"] is None else row["p_worse"]
    smallest = rule.smallest(mode)
    found = finding((row["low"], row["high"]), measure.better, p_worse, smallest, rule.each)
    return {"decides": True, "finding": found, "smallest": smallest, "sees": _sees(row)}


KEPT = (
    "mode", "judge", "setting", "metric", "value", "low", "high", "level", "bound_low",
    "bound_high", "n", "share_lost", "clusters", "clustered", "note",
)  # fmt: skip


def _lost(evidence: Evidence, asked: Ints) -> float | None:
    """The share of the samples both were asked that this side has no readable verdict for."""
    return float(1 - (evidence.answered * asked).sum() / asked.sum()) if asked.any() else None


def _sees(row: Mapping[str, Any]) -> float | None:
    """The difference that so many images would find with a power of 80 %."""
    if row["low"] is None or row["high"] is None or row["clusters"] < 2:
        return None
    ends = row["low"], row["high"], row["level"], row["clusters"]
    return smallest_difference(deviation_per_image(*ends), row["clusters"], row["level"], POWER)


def _corrected(frame: pl.DataFrame) -> pl.DataFrame:
    """`p_adjusted` within the exploratory rows."""
    family = frame["p"].is_not_null() & ~frame["decides"]
    if not family.any():
        return frame
    adjusted = np.full(frame.height, np.nan)
    adjusted[family.to_numpy()] = false_discovery_control(frame["p"].filter(family).to_numpy())
    return frame.with_columns(pl.Series("p_adjusted", adjusted).fill_nan(None))
