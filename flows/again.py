"""Yesterday's answers looked at again: new parser, new measures, new page, no call."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from data.errors import DataError, IncompleteError
from data.run_folder import RunFolder
from data.run_lock import RunLock
from data.run_record import COMPLETE, REGRESSION
from data.tables import read
from flows.terminal import show
from tasks.report.card_markdown import markdown
from tasks.stages import checks, gating, results
from tasks.stages.context import Context, context
from tasks.stages.history import record_run
from tasks.stages.night import measure_anchors

KEY = ["sample_id", "judge", "setting", "probe", "variant", "repeat", "epoch"]


def reparse_run(run: Path, as_json: bool) -> None:
    """Make a run's verdicts, estimates and page again; print which verdicts changed."""
    folder = RunFolder.open(run)
    with RunLock(folder.path):
        here = context(folder.path)
        folder.require("verdicts")
        before = read(folder.path / "verdicts.parquet", None)  # perhaps of another version
        results.collect_verdicts(here)
        changed = _changed(before, here.run.table("verdicts"))
        results.measure(here)
        measure_anchors(here)
        reopened = _reopened(here)
        said = _gated_again(here)
        if folder.facts().get("finished"):
            record_run(folder)
        page = checks.report(here)
    rows = changed.to_dicts()
    shown = {"changed": len(rows), "verdicts": rows, "gate": said, "report": page}
    gate = f"gate: {said}\n" if said else ""
    show(shown, as_json, lambda s: gate + _text(rows, page))
    if reopened is not None:
        raise reopened


def _reopened(here: Context) -> IncompleteError | None:
    """A complete run is none any more where a verdict read anew must be handed over."""
    facts = here.run.facts()
    left = facts["counts"]["open"]
    if facts["status"] not in COMPLETE or not left:
        return None
    error = IncompleteError(
        f"{left} verdicts wait for a strong judge; `judgeflow resume {here.run.path}` asks"
    )
    here.run.note(status="incomplete", error=str(error), exit_code=error.exit_code)
    return error


def report_run(run: Path, as_json: bool) -> None:
    """Write a run's page again and print where it lies."""
    page = checks.report(context(RunFolder.open(run).path))
    show({"report": page}, as_json, lambda s: str(s["report"]))


def print_cards(run: Path, judge: str | None, as_json: bool) -> None:
    """Print the judge cards of a run, of one judge or of all.

    Raises:
        DataError: the run has no card of that judge.
    """
    here = context(RunFolder.open(run).path)
    made = [card for card in results.judge_cards(here) if judge in (None, card.judge)]
    if not made:
        raise DataError(f"run {here.run.run_id!r} has no card of {judge!r}")
    rows = [card.model_dump() for card in made]
    show(rows, as_json, lambda _: "\n".join(markdown(card) for card in made))


def _gated_again(here: Context) -> str | None:
    """The line of the gate, made again where the run had passed through one; so is its ending."""
    facts = here.run.facts()
    if "gate" not in facts:
        return None
    ended = facts["status"] in COMPLETE
    found = gating.gate(here, None if ended else facts.get("error") or facts["status"])
    if ended:
        problem = gating.worse(here.run.facts())
        here.run.note(
            status=REGRESSION if problem else "complete",
            error=str(problem) if problem else None,
            exit_code=problem.exit_code if problem else 0,
        )
    return found.said


def _changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    joined = before.join(after, on=KEY, how="full", coalesce=True, nulls_equal=True, suffix="_new")
    different = joined.filter(
        pl.col("status").ne_missing(pl.col("status_new"))
        | pl.col("verdict").ne_missing(pl.col("verdict_new"))
    )
    return different.select(*KEY, "status", "verdict", "status_new", "verdict_new").sort(KEY)


def _text(rows: list[dict[str, object]], page: str) -> str:
    lines = [
        f"{row['sample_id']}  {row['judge']}  {row['verdict'] or row['status']} -> "
        f"{row['verdict_new'] or row['status_new']}"
        for row in rows[:50]
    ]
    more = [f"(+{len(rows) - 50} more)"] if len(rows) > 50 else []
    return "\n".join([f"{len(rows)} verdicts changed", *lines, *more, f"report: {page}"])
