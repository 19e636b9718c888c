"""What the flows share: opening a run, answering a round, and ending it honestly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.runtime import deployment, flow_run

from data.errors import IncompleteError, JudgeflowError
from data.run_record import BEGUN, REGRESSION
from flows.dispatch import crew, finished, problem_of
from flows.endings import told_in_one_line
from flows.holding import held, opened
from flows.publishing import leaderboard, name_flow_run, publish, publish_gate, report_address
from flows.stopping import waiting_for_shards
from flows.story import RoundStory, say_end, say_quote
from tasks import engine_room, progress, steps
from tasks.plan import GATHER, JUDGE, VERIFY
from tasks.quote import quote_total, require_prices
from tasks.stages import results, rounds
from tasks.stages.away import share_of
from tasks.stages.context import Context
from tasks.stages.gating import worse
from tasks.stages.history import record_run
from tasks.stages.money import money, quoted_parts

__all__ = ["GATHER", "JUDGE", "VERIFY", "held", "opened", "told_in_one_line"]


def changes(
    overrides: Sequence[str],
    max_usd: float | None,
    max_calls: int | None,
    limit: int | None,
) -> dict[str, Any]:
    """A flow's parameters as changes of its configuration."""
    return {
        "overrides": overrides,
        "max_usd": max_usd,
        "max_calls": max_calls,
        "limit": limit,
    }


def flow_run_name() -> str:
    """The run folder's name where one was given, else the flow's and the date's."""
    parameters = flow_run.parameters or {}
    if parameters.get("run_dir"):
        return Path(parameters["run_dir"]).name
    return f"{flow_run.flow_name}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"


def load(here: Context) -> None:
    """Load the samples; the flow run is tagged with the dataset's name from here on."""
    steps.load_samples(str(here.run.path))
    name_flow_run(here)


def answer_round(here: Context, round_: int, part: str | None = None) -> None:
    """Answer every shard of a round, some at once; open rows fail or are reported.

    Of a `part` of the round (`judge`, `probe`) only its requests are quoted and asked.

    Raises:
        JudgeflowError: what stopped the run, or `IncompleteError` where open rows must fail it.
    """
    run, facts = str(here.run.path), here.run.facts()
    shards = steps.plan_round(run, round_)
    if not shards:
        return
    lines = rounds.quote_round(here, round_, part)
    total = quote_total(lines)
    say_quote(round_, total)
    require_prices(total, here.config.budget.max_usd)
    if part is None:
        here.run.note(  # a resumed run keeps the quote it started with
            quote={str(round_): total.model_dump(), **facts.get("quote", {})},
            quote_parts={str(round_): quoted_parts(lines), **facts.get("quote_parts", {})},
        )
    progress.expect(total.requests)
    shard_step = steps.execute_shard.with_options(retries=here.config.shard_retries)
    if part is not None:  # a part of a shard is not the shard
        shard_step = shard_step.with_options(cache_policy=NO_CACHE, persist_result=False)
    meter = create_progress_artifact(0.0, key="judgeflow-progress", description=f"round {round_}")

    endpoints = rounds.by_endpoint(here, round_, part)
    asked = [shard for ids in endpoints.values() for shard in ids]
    count = len(asked)
    story = RoundStory(round_, count)
    failed: list[BaseException] = []  # what stops the run

    with story.listening(), waiting_for_shards(), crew(here, asked) as workers:

        def submit(shard: str) -> PrefectFuture[Any]:
            words = {"run": run, "nonce": facts["nonce"], "shard": shard, "part": part}
            return workers.submit(shard_step, {**words, "share": share_of(here.config)})

        ended = finished(
            workers,
            endpoints,
            submit,
            lambda: bool(failed) or engine_room.stop_reason(here.run) is not None,
        )
        missing = _collect(here, _shown(ended, count, meter, story), failed)
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


def let_pass(here: Context, passed: Mapping[str, str]) -> None:
    """Keep why a person lets the run pass failed checkpoints."""
    if passed:
        here.run.note(overrides={**overrides(here), **passed})


def measure(here: Context) -> None:
    """The last stages before the page: verdicts, estimates, and what must be true of them.

    From here on the run is no longer what it was before.
    """
    here.run.note(**BEGUN, again=None)
    run, why = str(here.run.path), overrides(here)
    steps.collect_verdicts(run)
    steps.check(run, "verdicts", why)
    steps.measure(run)
    if here.run.has("claims"):
        steps.check(run, "claims", why)
    steps.check(run, "estimates", why)


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
        problem = missing or worse(here.run.facts())
        publish_gate(here.run)
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
    publish(here, page)
    say_end(facts, leaderboard(here), report_address(page))
    if problem:
        raise problem
    return facts


def _shown(
    ended: Iterable[PrefectFuture[Any]], shards: int, meter: Any, story: RoundStory
) -> Iterator[PrefectFuture[Any]]:
    """The shards as they end, each seen in the progress artifact and some in the log."""
    for done, future in enumerate(ended, 1):
        update_progress_artifact(meter, 100.0 * done / shards)
        story.done(done)
        yield future


def _collect(
    here: Context, ended: Iterable[PrefectFuture[Any]], stopped: list[BaseException]
) -> list[IncompleteError]:
    """Wait for the shards; return those with open rows, raise what stopped the run."""
    missing: list[IncompleteError] = []
    for future in ended:
        error = problem_of(future)
        if isinstance(error, IncompleteError):
            missing.append(error)
        elif error is not None:
            stopped.append(error)
    reason = engine_room.stop_reason(here.run)
    if reason is not None:
        raise reason
    if stopped:
        raise stopped[0]
    return missing
