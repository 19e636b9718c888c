"""What ends a run besides its own work: the death of its worker, and what the server says of it."""

from __future__ import annotations

import contextvars
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL

from data.errors import (
    InterruptedRunError,
    JudgeflowError,
    OrphanedRunError,
    SupersededRunError,
)
from flows.attempts import Attempt, server

PARENT_EVERY_S = 1.0
SERVER_EVERY_S = 2.0
Check = Callable[[], JudgeflowError | None]
log = logging.getLogger("judgeflow.watching")


@contextmanager
def watching(attempt: Attempt | None, stop: Callable[[JudgeflowError], None]) -> Iterator[None]:
    """While inside, the run stops once its worker is gone or the server has moved on.

    A server that cannot be reached ends nothing; a temporary one has nothing to say.
    """
    checks: list[tuple[Check, float]] = []
    if attempt is not None and attempt.deployed and os.getppid() > 1:
        checks.append((worker_check(os.getppid()), PARENT_EVERY_S))
    if attempt is not None and PREFECT_API_URL.value():
        checks.append((server_check(attempt), SERVER_EVERY_S))
    over = threading.Event()
    threads = [_watch(check, every_s, stop, over) for check, every_s in checks]
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=1.0)


def worker_check(worker: int) -> Check:
    """Whether the process that started this one is gone."""

    def check() -> JudgeflowError | None:
        if os.getppid() == worker:
            return None
        return OrphanedRunError(
            f"the worker that started this run (process {worker}) is gone, so the run has stopped; "
            "Retry or `judgeflow resume` continues it"
        )

    return check


def server_check(attempt: Attempt) -> Check:
    """Whether the server still counts this attempt as the one that runs."""

    def check() -> JudgeflowError | None:
        try:
            with server() as client:
                found = client.read_flow_run(attempt.flow_run).state
        except ObjectNotFound:
            return SupersededRunError("the flow run was deleted")
        except (httpx.HTTPError, OSError, PrefectException) as error:
            log.info("the Prefect server does not answer: %s", error)
            return None
        return outlived(attempt.state, found)

    return check


def outlived(own: UUID, found: State | None) -> JudgeflowError | None:
    """Why an attempt that runs in state `own` must stop where the server has `found` another."""
    if found is None or found.id == own:
        return None
    if found.type is StateType.CANCELLING:
        return InterruptedRunError("cancelled; Retry or `judgeflow resume` continues the run")
    said = f": {found.message}" if found.message else ""
    return SupersededRunError(f"the server has this flow run as {found.name}{said}")


def _watch(
    check: Check,
    every_s: float,
    stop: Callable[[JudgeflowError], None],
    over: threading.Event,
) -> threading.Thread:
    def watch() -> None:
        while not over.wait(every_s):
            if (reason := check()) is not None:
                if not over.is_set():
                    stop(reason)
                return

    within = contextvars.copy_context()  # the server's address is a setting of this context
    thread = threading.Thread(target=within.run, args=(watch,), daemon=True, name="run-watch")
    thread.start()
    return thread
