"""`judgeflow compare`: the figures of two runs side by side, and the exit code that says it."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import HostError, RegressionError
from data.run_folder import RunFolder
from data.run_index import find_run
from flows.terminal import show, table
from tasks.config_file import load_config
from tasks.gate.rule import fails
from tasks.gate.verdict import Comparison, cells_of, deciding, line, lines, told
from tasks.stages.comparing import compare_runs, require_finished
from tasks.stages.summary import simulated_names

EXPLORED = ["judge", "setting", "mode", "metric", "before", "now", "value", "low", "high", "p",
            "p_adjusted"]  # fmt: skip
SIGNIFICANT = 0.05


def print_comparison(before: str, now: str, root: Path, out: Path | None, as_json: bool) -> None:
    """Print now minus before, and what it means.

    Raises:
        DataError: a run is not there, not finished, or of something else.
        RegressionError: a judge is worse.
    """
    old, new = (
        require_finished(RunFolder.open(find_run(each, root).path)) for each in (before, now)
    )
    gate = load_config(new.path / "config.yaml").gate
    found = compare_runs(old, new, gate)
    simulated = simulated_names(new.facts())
    wrong = [row for row in deciding(found.table) if fails(row["finding"], gate)]
    result = told(found) | {
        "verdict": "regression" if wrong else "no regression",
        "said": [line(found, row, simulated) for row in wrong],
        "false_alarms": gate.false_alarms,
        "rows": found.table.to_dicts(),
    }
    if out is not None:
        _write(out, json.dumps(result, indent=1, ensure_ascii=False))
    show(result, as_json, lambda _: _text(found, simulated))
    if wrong:
        raise RegressionError(lines([(found, row) for row in wrong], simulated))


def _text(found: Comparison, simulated: set[str]) -> str:
    moved = f"; {', '.join(found.items.moved)}" if found.items.moved else ""
    text = [
        f"{found.now} minus {found.before}: {len(found.items.common)} samples in common{moved}",
        "",
    ]
    rows = deciding(found.table)
    if rows:
        shown = [_labelled(row, simulated) for row in map(cells_of, rows)]
        for row in shown:
            row.pop("against")
        text += [table(shown, list(shown[0])), ""]
    else:
        text += ["no labels in common, so nothing decides", ""]
    text += [f"judge {name!r}: {of.said}" for name, of in found.causes.items()]
    text += [f"caution: {each}" for each in found.cautions]
    rest = found.table.filter(~pl.col("decides"))
    if rest.height:
        clear = rest.filter(pl.col("p_adjusted") < SIGNIFICANT)
        text += [
            "",
            f"exploratory: {clear.height} of {rest.height} other differences have an adjusted p "
            f"(Benjamini-Hochberg) below {SIGNIFICANT:g}; --json has them all",
        ]
        if clear.height:
            some = [_labelled(row, simulated) for row in clear.head(20).to_dicts()]
            text += [table(some, EXPLORED)]
    return "\n".join(text)


def _labelled(row: dict[str, Any], simulated: set[str]) -> dict[str, Any]:
    mark = " (simulated)" if row["judge"] in simulated else ""
    return row | {"judge": row["judge"] + mark}


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise HostError(f"{str(path)!r} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
