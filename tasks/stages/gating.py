"""The gate at the end of a run: each judge beside its last good run, verdict in the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from data import schemas, tables
from data.errors import DataError, RegressionError
from data.run_folder import RunFolder
from data.run_index import IndexedRun, indexed, lines, pin
from tasks.gate.baseline import NONE, baselines
from tasks.gate.verdict import Comparison, GateVerdict, cells_of, deciding, judged
from tasks.stages import checks
from tasks.stages.comparing import compare_runs, require_finished
from tasks.stages.context import Context
from tasks.stages.summary import simulated_names

IN_RUN_JSON = ("status", "said", "baseline_for", "against", "notes")
Compared = tuple[GateVerdict, list[Comparison]]


def gate(here: Context, shortfall: str | None) -> GateVerdict:
    """Store `gate.json`, the table `comparison` and the verdict in `run.json`; return it.

    `shortfall` says why the run is not complete, if it is not: then nothing is compared.
    """
    failed = [result["boundary"] for result in checks.checkpoints(here.run) if result["errors"]]
    here.run.note(checkpoints_failed=failed)
    found, compared = _verdict(here, shortfall)
    nothing = tables.table([], schemas.COMPARISON)
    here.run.store("comparison", pl.concat([nothing, *(each.table for each in compared)]))
    told = found.told()
    here.run.write_text("gate.json", json.dumps(told, indent=1))
    gist = {name: told[name] for name in IN_RUN_JSON}
    here.run.note(gate=gist, accept_baseline=None)  # said once, of this verdict
    return found


def regression(verdict: Mapping[str, Any]) -> RegressionError | None:
    """The error of a run whose gate failed, from the `gate` of its `run.json`."""
    failed = verdict["status"] in ("regression", "not shown")
    return RegressionError(verdict["said"]) if failed else None


def worse(facts: Mapping[str, Any]) -> RegressionError | None:
    """What the gate and the charts of the night's anchors end the run with, in one line."""
    gated, drifted = regression(facts["gate"]), (facts.get("drift") or {}).get("failure")
    said = [str(gated)] if gated else []
    said += [drifted] if drifted else []
    return RegressionError("; ".join(said)) if said else None


def gate_summary(run: RunFolder) -> str:
    """The gate's verdict in Markdown: the line, the deciding rows, what else must be known."""
    verdict = run.facts()["gate"]
    rows = [cells_of(row) for row in deciding(run.table("comparison"))]
    lines = [f"# Gate: {verdict['status']}", "", plain(verdict["said"]), ""]
    if rows:
        head = list(rows[0])
        cells = [[plain(cell) for cell in row.values()] for row in rows]
        lines += [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *cells)]
    return "\n".join([*lines, "", *(f"* {plain(note)}" for note in verdict["notes"]), ""])


def _verdict(here: Context, shortfall: str | None) -> Compared:
    """The verdict, with the comparisons that it stands on."""
    against = here.config.gate.against
    if against == NONE:
        return GateVerdict("off", "the gate is off (`gate.against: none`)"), []
    me = indexed(here.run.path)
    of_judges = lines(me.record) if isinstance(me, IndexedRun) else {}
    if shortfall is not None or not isinstance(me, IndexedRun) or not of_judges:
        why = shortfall or "no labels, so no primary measure"
        return GateVerdict("withheld", f"not compared: {why}"), []
    try:
        stands_on = baselines(me, against)
        compared = [
            compare_runs(
                require_finished(RunFolder.open(path)),
                here.run,
                here.config.gate,
                judges,
                tests=len(of_judges) * len(me.record.primary),
            )
            for path, judges in stands_on.items()
        ]
    except DataError as error:
        return GateVerdict("withheld", f"not compared: {error}"), []
    facts = here.run.facts()
    if facts.get("accept_baseline"):
        me = pin(me, "accepted with --accept-baseline")
    new = of_judges.keys() - {judge for judges in stands_on.values() for judge in judges}
    accepted = me.pin is not None
    return judged(compared, new, here.config.gate, accepted, simulated_names(facts)), compared


def plain(text: str) -> str:
    """Text that stays in its Markdown cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")
