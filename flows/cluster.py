"""Shards on a Dask cluster: many machines, one run folder, one call cache on Redis."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from prefect.settings import PREFECT_API_URL

from cache.opening import promised
from data.errors import ConfigError, HostError, JudgeflowError
from tasks.config import DaskRunner, RunConfig
from tasks.engine_room import everybody
from tasks.judges import require_keys
from tasks.stages.away import exchange_of, fetch, hand_out, run_here, share_of
from tasks.stages.context import Context, context

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner

THREADS = 4  # of a worker on this machine: shards that share an engine
WAIT_S = 15  # for the scheduler and its first worker


def require_cluster(config: RunConfig) -> None:
    """See that a run may go to a Dask cluster, before anything is started.

    Raises:
        ConfigError: the libraries are not installed.
        HostError: there is no Prefect server that workers could reach.
    """
    if not isinstance(config.runner, DaskRunner):
        return
    if importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError("runner 'dask' needs the library prefect-dask: `make setup` brings it")
    if not PREFECT_API_URL.value():
        raise HostError(
            "runner 'dask' needs a Prefect server that its workers reach, not the temporary one; "
            "start `prefect server start` and set PREFECT_API_URL"
        )


@contextmanager
def cluster(
    here: Context, runner: DaskRunner, shards: Sequence[str]
) -> Iterator[tuple[Callable[..., Any], int, Callable[[str], None]]]:
    """What submits a task, how many the cluster runs at once, and what takes in an ended shard.

    Raises:
        HostError: the cluster cannot be reached, or a worker could not work on the run.
    """
    from prefect_dask.task_runners import DaskTaskRunner

    exchange = exchange_of(here)
    if exchange is not None:
        hand_out(here, exchange, shards)

    def came(shard: str | None) -> None:
        if exchange is not None:
            fetch(here.run, exchange, shard)

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if runner.address is not None:
        made = DaskTaskRunner(address=runner.address, client_kwargs={"timeout": WAIT_S})
    else:
        size = {"n_workers": runner.workers, "threads_per_worker": THREADS, "processes": True}
        made = DaskTaskRunner(cluster_kwargs={**size, "dashboard_address": None})
    try:
        with made:
            yield made.submit, _ready(made, here), came
    except BaseException:
        with suppress(JudgeflowError):  # what ended the run is told
            came(None)
        raise
    came(None)  # the diaries' last lines


def problem_here(run: str, nonce: str, share: str | None) -> str | None:
    """Why this process could not work on a run; asked on every worker."""
    try:
        config = context(run_here(run, nonce, share)).config
        require_keys(everybody(config))
        promised(config.cache)
    except JudgeflowError as error:
        return str(error)
    return None


def _ready(runner: DaskTaskRunner, here: Context) -> int:
    """The threads of the cluster, all of them fit for the run."""
    where = runner.address or "this machine"
    try:
        client = runner.client
        client.wait_for_workers(1, timeout=WAIT_S)
        words = (str(here.run.path), here.run.facts()["nonce"], share_of(here.config))
        found = client.run(problem_here, *words)
    except (OSError, TimeoutError) as error:
        raise HostError(f"no Dask scheduler with a worker at {where!r}") from error
    except ImportError as error:
        raise HostError(f"judgeflow is not installed on a Dask worker of {where!r}") from error
    for worker, problem in sorted(found.items()):
        if problem is not None:
            raise HostError(
                f"Dask worker {worker!r}: {problem}; every worker needs the runs' folder, the "
                "call cache and the keys"
            )
    threads: dict[str, int] = client.nthreads()  # type: ignore[no-untyped-call]
    return sum(threads.values())
