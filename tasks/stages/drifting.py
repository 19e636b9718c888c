"""Watching judges from run folders: tonight's figures, the nights before, charts, findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter, ValidationError

from data import history
from data.errors import DataError
from data.run_folder import RunFolder
from tasks.anchors import PROBE
from tasks.anchors.planning import live_judges
from tasks.drift.charting import chart, settled
from tasks.drift.findings import canary_findings, findings
from tasks.drift.limits import SEED, STREAMS, limit
from tasks.drift.records import Chart, Drift, Finding, Night, Series
from tasks.drift_config import DriftConfig
from tasks.stages.context import Context
from tasks.stages.history import belongs, root_of, rows_of_anchors
from tasks.stages.night import measure_anchors

FILE, LOCK = "baselines.json", ".baselines.lock"  # in a folder of runs
PAGE = "drift.json"  # in a run's folder
SERIES = TypeAdapter(dict[str, Series])
CANARY = "canary_"


def watch(here: Context) -> Drift | None:
    """Measure the night's anchors and chart every judge; `None` without anchors.

    Stores `drift.json` and notes what it says in `run.json`; freezes a baseline that is complete.

    Raises:
        DataError, HostError: the history or the baselines beside the run cannot be read or written.
    """
    if not measure_anchors(here):
        return None
    drift = _charted(here) if belongs(here.run) else _elsewhere(here)
    here.run.write_text(PAGE, drift.model_dump_json(indent=1))
    here.run.note(drift=summary(drift))
    return drift


def drift_of(run: RunFolder) -> Drift | None:
    """The charts of a run as they were on its night; `None` where it has none."""
    if not (run.path / PAGE).exists():
        return None
    return Drift.model_validate_json(run.text(PAGE))


def known_rule(rule: DriftConfig, judges: Sequence[str]) -> DriftConfig:
    """The rule with the number of charts: as configured, else a chart a judge."""
    return rule.model_copy(update={"charts": rule.charts or max(len(judges), 1)})


def promise(rule: DriftConfig) -> str:
    """What is promised of the charts, and the limit that keeps it."""
    charts = rule.charts or 1
    bound = limit(charts, rule.false_alarms, rule.nights, rule.baseline_runs)
    return (
        f"within {rule.nights} nights, {'one' if charts > 1 else 'the chart'}"
        f"{f' of {charts} charts' if charts > 1 else ''} signals falsely with probability "
        f"{rule.false_alarms:g} at most: limit {bound:.1f} on a baseline of {rule.baseline_runs} "
        f"nights (from {STREAMS:,} simulated streams, seed {SEED})"
    )


def line(each: Chart) -> str:
    """Where a chart stands, in a line."""
    if each.state == "learning":
        more = f" ({each.again})" if each.again else ""
        return f"{each.name}: learning, {each.learned} of {each.needed} nights{more}"
    assert each.baseline is not None
    at = each.points[-1] if each.points else None
    tonight = "no figure" if at is None or at.value is None else f"{at.value:.3f}"
    sums = "" if at is None else f", CUSUM {at.above:.1f} up, {at.below:.1f} down"
    return (
        f"{each.name}: {each.state}, {each.statistic} {tonight} beside a baseline of "
        f"{each.baseline.mean:.3f} (sd {each.baseline.sd:.3f}){sums}, limit {each.limit:.1f}"
    )


def summary(drift: Drift) -> dict[str, Any]:
    """What `run.json` says of drift."""
    return {
        "night": drift.night,
        "promise": drift.promise,
        "lines": [line(each) for each in drift.charts],
        "messages": [finding.message for finding in drift.findings],
        "moved": {
            each.judge: f"{each.statistic} by {each.size:+.3f} since {each.since}"
            for each in drift.charts
            if each.since is not None
        },
        "failure": drift.failure,
    }


# --- the nights of a folder of runs ---------------------------------------------------------------


def nights_of(rows: pl.DataFrame, judge: str, statistic: str) -> list[Night]:
    """A judge's nights from rows of the history; of several runs of a night the newest counts."""
    mine = (pl.col("judge") == judge) & (pl.col("measure") == statistic)
    own = rows.filter(mine).sort("night", "started")
    return [
        Night(
            night=row["night"],
            run=row["run"],
            value=row["value"],
            low=row["low"],
            high=row["high"],
            asked=row["n"] + row["n_missing"],
            answered=row["n"],
            versions=tuple(row["model_versions"] or ()),
            prints=json.loads(row["prints"]),
        )
        for row in own.unique("night", keep="last", maintain_order=True).iter_rows(named=True)
    ]


def anchor_rows(known: pl.DataFrame, name: str, anchors: str) -> pl.DataFrame:
    """The rows of a history about the anchors of one configuration."""
    mine = (pl.col("name") == name) & (pl.col("anchors") == anchors) & (pl.col("probe") == PROBE)
    return known.filter(mine)


def key_of(name: str, judge: str, statistic: str, anchors: str) -> str:
    """What a series is remembered under: other anchors or another statistic begin a new one."""
    return f"{name}/{judge}/{statistic}/{anchors[:16]}"


def read_series(root: Path) -> dict[str, Series]:
    """What is remembered of every chart of a folder of runs.

    Raises:
        DataError: the file is damaged.
    """
    path = root / FILE
    if not path.exists():
        return {}
    try:
        return SERIES.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(
            f"{str(path)!r} cannot be read; restore it, or remove it to learn baselines anew"
        ) from error


def store_series(root: Path, series: Mapping[str, Series]) -> None:
    """Store what is remembered of every chart; to be called alone, see `data.history.locked`."""
    RunFolder(root).write_bytes(FILE, SERIES.dump_json(dict(series), indent=1) + b"\n")


def _charted(here: Context) -> Drift:
    root, known = root_of(here.run), here.run.facts()["anchors"]
    anchors, statistic = known["sha256"], known["statistic"]
    before = anchor_rows(history.read_history(root), here.config.name, anchors)
    earlier = before.filter((pl.col("night") < here.night) & (pl.col("run") != here.run.run_id))
    rows = pl.concat([earlier, rows_of_anchors(here.run)])
    judges = live_judges(here.config)
    rule = known_rule(here.config.drift, judges)
    charts, found = [], list[Finding]()
    with history.locked(root, LOCK):
        series = read_series(root)
        for judge in judges:
            nights = nights_of(rows, judge, statistic)
            key = key_of(here.config.name, judge, statistic, anchors)
            series[key] = settled(series.get(key, Series()), nights, rule)
            made = chart(judge, statistic, series[key], nights, rule)
            made = made.model_copy(update={"simulated": here.seats[judge].client == "simulated"})
            charts.append(made)
            found += findings(made, nights, rule)
            found += canary_findings(made, *_canaries(rows, judge, here.night))
        store_series(root, series)
    return Drift(
        night=here.night, promise=promise(rule), charts=tuple(charts), findings=tuple(found)
    )


def _canaries(
    rows: pl.DataFrame, judge: str, night: str
) -> tuple[dict[str, tuple[int, int]], dict[str, float]]:
    """How many canaries of each kind passed tonight and were asked, and what is usual."""
    own = rows.filter((pl.col("judge") == judge) & pl.col("measure").str.starts_with(CANARY))
    own = own.with_columns(pl.col("measure").str.strip_prefix(CANARY)).drop_nulls("value")
    tonight = own.filter(pl.col("night") == night).select("measure", "value", "n")
    before = own.filter(pl.col("night") < night).group_by("measure").agg(pl.col("value").mean())
    return {k: (round(v * n), n) for k, v, n in tonight.iter_rows()}, dict(before.iter_rows())


def _elsewhere(here: Context) -> Drift:
    said = f"this run lies outside {here.config.runs!r}, so its night is in no chart"
    return Drift(night=here.night, promise=said, charts=())
