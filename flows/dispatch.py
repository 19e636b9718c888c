"""Which shards run when: some of every endpoint at once, so that none holds up the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from data.errors import HostError
from data.row_rules import one_line
from tasks.config import DaskRunner
from tasks.stages.context import Context

SHARDS_AT_ONCE = 4  # of one endpoint
MOST_AT_ONCE = 64
Future: TypeAlias = PrefectFuture[Any]


def shard_runner() -> TaskRunner[Future]:
    """What shards run on: threads, which share one engine."""
    return cast("TaskRunner[Future]", ThreadPoolTaskRunner(max_workers=MOST_AT_ONCE))


@dataclass(frozen=True)
class Crew:
    """Who runs shards.

    `submit` starts one with its parameters, `came` is told of each that ended; `each` and `most`
    say how many of an endpoint and how many in all run at once.
    """

    submit: Callable[..., Future]
    each: int = SHARDS_AT_ONCE
    most: int = MOST_AT_ONCE
    came: Callable[[str], None] = lambda _: None


@contextmanager
def crew(here: Context, shards: Sequence[str]) -> Iterator[Crew]:
    """The crew that the run's configuration asks for, for some shards.

    Raises:
        ConfigError, HostError: there is no such cluster, or it is not fit for the run.
    """
    if not isinstance(here.config.runner, DaskRunner):
        yield Crew(lambda step, parameters: step.submit(**parameters))
        return
    from flows.cluster import cluster, require_cluster

    require_cluster(here.config)
    with cluster(here, here.config.runner, shards) as (submit, threads, came):
        yield Crew(submit, max(threads, SHARDS_AT_ONCE), max(threads, MOST_AT_ONCE), came)


def finished(
    crew: Crew,
    shards: Mapping[str, Sequence[str]],
    submit: Callable[[str], Future],
    stopped: Callable[[], bool],
) -> Iterator[Future]:
    """The future of every shard as it ends; nothing more is submitted once the run is stopped.

    Args:
        crew: who runs them.
        shards: shard ids by endpoint, in their order.
        submit: starts a shard.
        stopped: whether the run was told to stop.
    """
    waiting = {endpoint: deque(ids) for endpoint, ids in shards.items()}
    active: dict[Future, tuple[str, str]] = {}
    each = max(1, min(crew.each, crew.most // max(len(waiting), 1)))
    while True:
        for endpoint, ids in waiting.items():
            busy = sum(place == endpoint for place, _ in active.values())
            for _ in range(min(each - busy, len(ids)) if not stopped() else 0):
                shard = ids.popleft()
                active[submit(shard)] = endpoint, shard
        if not active:
            return
        done = next(as_completed(list(active)))
        _, shard = active.pop(done)
        crew.came(shard)
        yield done


def problem_of(future: Future) -> BaseException | None:
    """Why a shard did not end well; also where nobody is left who could say so."""
    future.wait()  # it has ended; this is how its state is known here and not asked of the server
    state = future.state
    if state.is_completed():
        return None
    error = state.result(raise_on_failure=False) if state.is_failed() else None
    if isinstance(error, BaseException):
        return error
    return HostError(
        f"a shard was lost with its worker ({state.name}: {one_line(state.message or '')[:200]}); "
        "`judgeflow resume` asks what it had not answered"
    )
