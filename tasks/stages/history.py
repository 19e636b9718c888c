"""A run's rows of the history, and the history made anew from run folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from data import history, tables
from data.errors import DataError
from data.run_folder import RunFolder
from data.run_index import run_index
from data.run_record import flow_of, parts_of
from data.schemas import HISTORY
from tasks.anchors import PROBE
from tasks.measures import primary

MADE = "^(baseline|panel|humans):"  # nobody who is asked
FIGURE = ("value", "low", "high", "level", "n", "n_missing", "clusters")


def root_of(run: RunFolder) -> Path:
    """The folder of runs that a run lies in; its history is beside it."""
    return run.path.parent


def belongs(run: RunFolder) -> bool:
    """Whether a run lies where its configuration puts runs; one made elsewhere has no history."""
    runs: str = json.loads(run.text("config.yaml"))["runs"]
    return Path(runs).resolve() == root_of(run)


def record_run(run: RunFolder) -> bool:
    """Put a finished run's rows into the history beside it; false where it has no place there.

    Raises:
        DataError, HostError: the history cannot be read or written.
    """
    if not belongs(run):
        return False
    history.remember(root_of(run), rows_of(run), [run.run_id])
    return True


def rebuild(root: Path) -> tuple[pl.DataFrame, dict[str, str]]:
    """The history from the run folders that are there; the others keep the rows they have.

    Returns:
        The history, and why runs were left out, by their names.

    Raises:
        DataError, HostError: the history cannot be read or written.
    """
    index = run_index(root)
    left = {each.path.name: each.why for each in index.foreign}
    rows, runs = [tables.table([], HISTORY)], []
    for each in index.runs:
        run = RunFolder(each.path)
        if each.record.finished is None:
            left[run.run_id] = f"it has not ended: {each.record.status}"
            continue
        try:
            rows.append(rows_of(run))
            runs.append(run.run_id)
        except DataError as error:
            left[run.run_id] = str(error)
    return history.remember(root, pl.concat(rows), runs), left


def rows_of(run: RunFolder) -> pl.DataFrame:
    """A finished run's rows: pooled agreement of its judges, and its night's anchors."""
    facts = run.facts()
    rows = [*_agreement(facts, run.table("estimates")), *_anchors(facts)]
    return tables.table(rows, HISTORY)


def rows_of_anchors(run: RunFolder) -> pl.DataFrame:
    """The rows of a run's night, also before it has ended."""
    return tables.table(_anchors(run.facts()), HISTORY)


def _common(facts: Mapping[str, Any], judge: str) -> dict[str, Any]:
    simulated = {each["name"]: each["simulated"] for each in facts["judges"]}
    cost = facts.get("cost") or {}
    return {
        "run": facts["run_id"],
        "name": facts["name"],
        "night": facts.get("night") or facts["started"][:10],
        "started": facts["started"],
        "status": facts["status"],
        "flow": flow_of(facts),
        "dataset": facts["dataset"]["name"],
        "limit": facts["dataset"].get("limit"),
        "judge": judge,
        "simulated": simulated.get(judge, False),
        "usd": cost.get("by_judge", {}).get(judge),
        "calls": cost.get("calls_by_judge", {}).get(judge),
    }


def _agreement(facts: Mapping[str, Any], estimates: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Every pooled measure of base rows; the baselines' follow from the labels alone."""
    heads = primary()
    versions, made = facts.get("model_versions") or {}, parts_of(facts)
    rows = estimates.filter(
        pl.col("probe").is_null()
        & (pl.col("group") == "pooled")
        & ~pl.col("judge").str.contains(MADE)
    )
    for row in rows.iter_rows(named=True):
        yield _common(facts, row["judge"]) | {
            "mode": row["mode"],
            "setting": row["setting"],
            "measure": row["metric"],
            "primary": heads.get(row["mode"]) == row["metric"],
            "epoch": facts.get("epoch", "base"),
            "model_versions": versions.get(row["judge"], [])
            or [each for part in made.get(row["judge"], ()) for each in versions.get(part, [])],
            **{name: row[name] for name in FIGURE},
        }


def _anchors(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The figures over anchors, as the run noted them."""
    known = facts.get("anchors") or {}
    for row in known.get("figures", ()):
        yield _common(facts, row["judge"]) | {
            "setting": facts["settings"][0],
            "probe": PROBE,
            "measure": row["measure"],
            "primary": row["measure"] == known["statistic"],
            "epoch": known["night"],
            "model_versions": row["versions"],
            "anchors": known["sha256"],
            "prints": json.dumps(row["prints"], sort_keys=True),
            **{name: row.get(name) for name in FIGURE},
        }
