"""One stage of a run again, with its own quote and cap; what is answered is not asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from data.errors import IncompleteError
from data.ledger import spent
from data.run_folder import RunFolder
from flows import graph
from flows.dispatch import shard_runner
from flows.overriding import reasons
from tasks import steps
from tasks.config import BudgetConfig
from tasks.stages.context import Context
from tasks.stages.parts import Stage, open_in, require_reached, rounds_of

KEPT = ("status", "error", "exit_code", "finished")  # what a stage that finishes nothing leaves


def flow_run_name() -> str:
    """The run's name and the stage's."""
    parameters = flow_run.parameters or {}
    return f"{Path(parameters['run_dir']).name}-{parameters['stage']}"


@flow(name="rerun", flow_run_name=flow_run_name, task_runner=shard_runner())
@graph.told_in_one_line
def rerun(
    run_dir: str,
    stage: Stage,
    max_usd: float | None = None,
    max_calls: int | None = None,
    override: str | None = None,
    why: str | None = None,
) -> dict[str, Any]:
    """Run one stage of a run again; returns the run's record.

    Args:
        run_dir: the run's folder.
        stage: what is to be done again; verdicts, estimates and page follow it where they change.
        max_usd: the most that this may cost, beside what the run has cost.
        max_calls: the most HTTP requests of this, retries among them.
        override: a failed checkpoint that may be passed.
        why: the reason, which is kept.
    """
    run = RunFolder.open(Path(run_dir))
    require_reached(run, stage)
    before = {name: run.facts().get(name) for name in KEPT}
    passed = reasons(override, why)
    with graph.held(run, stage=stage) as here:
        graph.let_pass(here, passed)
        if stage == "report":
            here.run.note(**before)  # the page shows how the run ended, not that it is looked at
        capped = _capped(here, max_usd, max_calls)
        if stage in ("images", "collect", "report"):
            _earlier(capped, stage)
            return here.run.note(**before, again=None)
        for round_ in rounds_of(here, stage):
            graph.answer_round(capped, round_, stage)
        return _measured(here, stage)


def _earlier(here: Context, stage: Stage) -> None:
    """A stage after which a run has verdicts no different from those before."""
    run, why = str(here.run.path), graph.overrides(here)
    if stage == "report":
        steps.report(run)
        return
    if stage == "images":
        steps.prepare_images_again(run)
        steps.check(run, "images", why)
        return
    graph.answer_round(here, graph.GATHER)
    if here.config.responders:
        steps.check(run, "responses", why)
        steps.take_responses(run)
        steps.prepare_images(run)


def _measured(here: Context, stage: Stage) -> dict[str, Any]:
    """Verdicts, estimates and the page of what is answered by now; a run with a gate meets it anew.

    Raises:
        IncompleteError: rows of the stage itself are open.
        RegressionError: the run had come to its gate, and fails it with what is answered now.
    """
    gated = "gate" in here.run.facts()
    graph.measure(here)
    if gated:
        steps.watch(str(here.run.path))
    try:
        return graph.finish(here, gated=gated)
    except IncompleteError as error:
        if not here.run.facts()["counts"]["open"] or open_in(here, stage):
            raise
        get_run_logger().warning("stage %r is done, the run is not: %s", stage, error)
        return here.run.facts()


def _capped(here: Context, max_usd: float | None, max_calls: int | None) -> Context:
    """The context with limits of this stage's own, beside what the run has cost so far."""
    if max_usd is None and max_calls is None:
        return here
    paid = spent(here.run.path / "ledger")
    limits = BudgetConfig(
        max_usd=None if max_usd is None else paid.usd + max_usd,
        max_calls=None if max_calls is None else paid.attempts + max_calls,
    )
    here.run.note(stage_limits=limits.model_dump())  # other processes of the run keep them, too
    return replace(here, config=here.config.model_copy(update={"budget": limits}))
