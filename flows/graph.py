"""What the flows share: opening a run, answering a round, and ending it honestly."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled

from data.errors import (
    DefectError,
    IncompleteError,
    InterruptedRunError,
    JudgeflowError,
    RegressionError,
)
from data.run_folder import RunFolder
from data.run_lock import RunLock
from data.run_record import REGRESSION
from flows.dispatch import finished
from flows.garbage import rarely_collecting
from flows.stopping import stops_on_signals, waiting_for_shards
from tasks import engine_room, progress, steps
from tasks.plan import GATHER, JUDGE, VERIFY
from tasks.quote import quote_total, require_prices
from tasks.stages import results, rounds
from tasks.stages.context import Context, context
from tasks.stages.gating import gate_summary, regression
from tasks.stages.history import record_run
from tasks.stages.money import money, quoted_parts, told
from tasks.stages.summary import against, summary

__all__ = ["GATHER", "JUDGE", "VERIFY"]


P = ParamSpec("P")


def cancelled_if_interrupted(
    body: Callable[P, dict[str, Any]],
) -> Callable[P, dict[str, Any] | State[Any]]:
    """A flow body whose interrupt ends the flow run as Cancelled rather than Failed."""

    @functools.wraps(body)
    def told(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any] | State[Any]:
        try:
            return body(*args, **kwargs)
        except InterruptedRunError as error:
            return Cancelled(message=str(error))

    return told


def changes(
    overrides: list[str] | None,
    max_usd: float | None,
    max_calls: int | None,
    limit: int | None,
) -> dict[str, Any]:
    """A flow's parameters as changes of its configuration."""
    return {
        "overrides": overrides or (),
        "max_usd": max_usd,
        "max_calls": max_calls,
        "limit": limit,
    }


def flow_run_id() -> str | None:
    """The id of the flow run we are in."""
    known: str | None = flow_run.id
    return known


def flow_run_name() -> str:
    """The run folder's name where one was given, else the flow's and the date's."""
    parameters = flow_run.parameters or {}
    if parameters.get("run_dir"):
        return Path(parameters["run_dir"]).name
    return f"{flow_run.flow_name}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"


@contextmanager
def held(run: RunFolder) -> Iterator[Context]:
    """The run's context while this process alone works on it; every ending is written down."""
    with RunLock(run.path), stops_on_signals(), rarely_collecting():
        here = context(run.path)
        here.run.note(status="running", error=None, exit_code=None, finished=None)
        try:
            yield here
        except BaseException as error:
            end(here, error)
            raise
        finally:
            engine_room.close(here.run)


def answer_round(here: Context, round_: int) -> None:
    """Answer every shard of a round, some at once; open rows fail or are reported.

    Raises:
        JudgeflowError: what stopped the run, or `IncompleteError` where open rows must fail it.
    """
    run, facts = str(here.run.path), here.run.facts()
    shards = steps.plan_round(run, round_)
    if not shards:
        return
    lines = rounds.quote_round(here, round_)
    total = quote_total(lines)
    require_prices(total, here.config.budget.max_usd)
    here.run.note(  # a resumed run keeps the quote it started with
        quote={str(round_): total.model_dump(), **facts.get("quote", {})},
        quote_parts={str(round_): quoted_parts(lines), **facts.get("quote_parts", {})},
    )
    progress.expect(total.requests)
    shard_step = steps.execute_shard.with_options(retries=here.config.shard_retries)
    meter = create_progress_artifact(0.0, key="judgeflow-progress", description=f"round {round_}")

    def submit(shard: str) -> PrefectFuture[Any]:
        return shard_step.submit(run, facts["nonce"], shard)

    with waiting_for_shards():
        ended = finished(
            rounds.by_endpoint(here, round_),
            submit,
            lambda: engine_room.stop_reason(here.run) is not None,
        )
        missing = _collect(here, ended, len(shards), meter)
    if missing and open_rows_fail(here):
        raise missing[0]


def open_rows_fail(here: Context) -> bool:
    """Whether open rows end the run: as configured, else only where a person can press Retry."""
    if here.config.on_open_rows is None:
        return deployment.id is not None
    return here.config.on_open_rows == "fail"


def overrides(here: Context) -> Mapping[str, str]:
    """Why a person lets the run pass a failed checkpoint, by checkpoint."""
    found: Mapping[str, str] = here.run.facts().get("overrides", {})
    return found


def shortfall(here: Context, covered: Mapping[str, float]) -> IncompleteError | None:
    """Why the run is not complete: open rows, or a judge's coverage below the floor."""
    open_rows = here.run.facts()["counts"]["open"]
    low = {name: share for name, share in covered.items() if share < here.config.min_coverage}
    if open_rows:
        return IncompleteError(
            f"{open_rows} requests have no answer ({results.why_open(here)}); "
            f"`judgeflow resume {here.run.path}` asks them again"
        )
    if low:
        return IncompleteError(
            f"coverage is below the floor of {here.config.min_coverage:.0%}: "
            + ", ".join(f"{name} {share:.1%}" for name, share in sorted(low.items()))
        )
    return None


def finish(here: Context, gated: bool = False) -> dict[str, Any]:
    """Write down how the run ended, publish its summary, and return `run.json`.

    Raises:
        IncompleteError: rows are open, or a judge's coverage is below the floor.
        RegressionError: the run is `gated`, and a judge is worse than in its last good run, or a
            chart of the night's anchors signals.
    """
    covered = results.coverage(here)
    missing = shortfall(here, covered)
    problem: JudgeflowError | None = missing
    if gated:
        steps.gate(str(here.run.path), str(missing) if missing else None)
        problem = missing or _worse(here.run.facts())
        create_markdown_artifact(gate_summary(here.run), key="judgeflow-gate")
    facts = here.run.note(
        status="incomplete" if missing else REGRESSION if problem else "complete",
        error=str(problem) if problem else None,
        exit_code=problem.exit_code if problem else 0,
        finished=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        cost=money(here),
        coverage=covered,
    )
    record_run(here.run)
    page = Path(steps.report(str(here.run.path)))
    create_link_artifact(page.as_uri(), link_text="report", key="judgeflow-report")
    create_markdown_artifact(summary(here), key="judgeflow-summary")
    create_table_artifact(told(facts["cost"]), key="judgeflow-cost", description=against(facts))
    if problem:
        raise problem
    return facts


def _worse(facts: Mapping[str, Any]) -> RegressionError | None:
    """What the gate and the charts of the night's anchors end the run with, in one line."""
    gated, drifted = regression(facts["gate"]), (facts.get("drift") or {}).get("failure")
    said = [str(gated)] if gated else []
    said += [drifted] if drifted else []
    return RegressionError("; ".join(said)) if said else None


def end(here: Context, error: BaseException) -> None:
    """Write down what ended the run early."""
    ended = isinstance(error, IncompleteError | RegressionError)
    if here.run.facts().get("finished") and ended:
        return
    code = error.exit_code if isinstance(error, JudgeflowError) else DefectError.exit_code
    status = {3: "incomplete", 4: "budget reached", 5: "stopped by a checkpoint", 130: "cancelled"}
    here.run.note(
        status=status.get(code, "failed"),
        error=str(error) or type(error).__name__,
        exit_code=code,
        cost=money(here),
    )


def _collect(
    here: Context, ended: Iterable[PrefectFuture[Any]], shards: int, meter: Any
) -> list[IncompleteError]:
    """Wait for the shards; return those with open rows, raise what stopped the run."""
    missing: list[IncompleteError] = []
    stopped: list[BaseException] = []
    for done, future in enumerate(ended, 1):
        update_progress_artifact(meter, 100.0 * done / shards)
        error = future.state.result(raise_on_failure=False) if future.state.is_failed() else None
        if isinstance(error, IncompleteError):
            missing.append(error)
        elif isinstance(error, BaseException):
            stopped.append(error)
    reason = engine_room.stop_reason(here.run)
    if reason is not None:
        raise reason
    if stopped:
        raise stopped[0]
    return missing
