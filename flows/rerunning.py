"""`judgeflow rerun`: one stage of a run again, its quote told before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import IncompleteError, RegressionError
from data.run_folder import RunFolder
from flows.attempts import require_server
from flows.running import executed, show_run
from flows.terminal import say, show
from tasks.quote import QuoteTotal, quote_total, require_prices
from tasks.stages.context import Context, context
from tasks.stages.parts import Stage, require_reached, rounds_of
from tasks.stages.rounds import quote_round


def rerun_stage(
    run: Path,
    stage: Stage,
    as_json: bool,
    *,
    limits: Mapping[str, Any],
    passed: tuple[str | None, str | None],
) -> None:
    """Run a stage again, and print the run's summary.

    Raises:
        JudgeflowError: with the message and exit code of how it ended.
    """
    folder = RunFolder.open(run)
    require_reached(folder, stage)
    require_server()
    total = _quote(context(folder.path), stage)
    if total is not None:
        require_prices(total, limits["max_usd"])
        say(_told(stage, total))
    named = dict(zip(("override", "why"), passed, strict=True))
    problem = executed("rerun", folder.path, stage=stage, **limits, **named)
    if problem is None or isinstance(problem, IncompleteError | RegressionError):
        show_run(folder.path, as_json)
    if problem is not None:
        raise problem


def print_quote(run: Path, stage: Stage, as_json: bool) -> None:
    """What running a stage again would ask and cost; makes no call."""
    folder = RunFolder.open(run)
    require_reached(folder, stage)
    total = _quote(context(folder.path), stage) or quote_total([])
    show(total.model_dump(), as_json, lambda _: _told(stage, total))


def _quote(here: Context, stage: Stage) -> QuoteTotal | None:
    """The quote of a stage as far as it is planned; `None` where it asks nothing or is not."""
    planned = here.run.facts().get("planned", 0)
    rounds = [round_ for round_ in rounds_of(here, stage) if round_ <= planned]
    if not rounds:
        return None
    return quote_total([line for round_ in rounds for line in quote_round(here, round_, stage)])


def _told(stage: Stage, total: QuoteTotal) -> str:
    unpriced = f"; price unknown for {', '.join(total.unpriced)}" if total.unpriced else ""
    return (
        f"stage {stage}: {total.requests} requests, {total.cached} answered already, "
        f"{total.to_send} calls, {total.expected_usd:.4f} USD expected, "
        f"{total.max_usd:.4f} at most{unpriced}"
    )
