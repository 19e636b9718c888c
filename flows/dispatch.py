"""Which shards run when: some of every endpoint at once, so that none holds up the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

SHARDS_AT_ONCE = 4  # of one endpoint
MOST_AT_ONCE = 64
Future: TypeAlias = PrefectFuture[Any]


def shard_runner() -> TaskRunner[Future]:
    """What shards run on: threads, which share one engine."""
    return cast("TaskRunner[Future]", ThreadPoolTaskRunner(max_workers=MOST_AT_ONCE))


def finished(
    shards: Mapping[str, Sequence[str]],
    submit: Callable[[str], Future],
    stopped: Callable[[], bool],
) -> Iterator[Future]:
    """The future of every shard as it ends; nothing more is submitted once the run is stopped.

    Args:
        shards: shard ids by endpoint, in their order.
        submit: starts a shard.
        stopped: whether the run was told to stop.
    """
    waiting = {endpoint: deque(ids) for endpoint, ids in shards.items()}
    active: dict[Future, str] = {}
    each = max(1, min(SHARDS_AT_ONCE, MOST_AT_ONCE // max(len(waiting), 1)))
    while True:
        for endpoint, ids in waiting.items():
            busy = sum(place == endpoint for place in active.values())
            for _ in range(min(each - busy, len(ids)) if not stopped() else 0):
                active[submit(ids.popleft())] = endpoint
        if not active:
            return
        done = next(as_completed(list(active)))
        del active[done]
        yield done
