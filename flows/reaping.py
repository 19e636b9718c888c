"""Runs whose worker and flow process both died: marked as crashed, so that they can be retried.

A worker tells the server how its flow processes ended, and a flow process tells it of its worker.
Where both were killed nobody does, and the server has the flow run as running for ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Crashed

from data.errors import ConfigError, DataError, HostError
from data.row_rules import one_line
from data.run_folder import RunFolder
from data.run_lock import RunLock, holder_lives
from data.run_record import COMPLETE
from flows.attempts import server

NEWEST = 50  # run folders that are looked at: older ones have been looked at before
log = logging.getLogger("judgeflow.reaping")
UNENDED = {StateType.RUNNING, StateType.CANCELLING}


def reap_beside(run: RunFolder) -> None:
    """Mark what was left behind beside a run; a server that does not answer fails nothing."""
    try:
        left = reap(run.path.parent)
    except HostError as error:
        log.info("%s", error)
        return
    for name in left:
        log.warning("run %r was left behind by its worker and is marked as crashed", name)


def reap(runs: Path, wait_s: float = 0.0) -> list[str]:
    """Mark the flow runs of dead processes in a folder of runs; return the runs' names.

    Where there is any, the server is waited for that long.

    Raises:
        ConfigError: no server is named.
        DataError: there is no such folder.
        HostError: the server does not answer.
    """
    if not runs.is_dir():
        raise DataError(f"there is no folder of runs at {str(runs)!r}")
    if not PREFECT_API_URL.value():
        raise ConfigError("flow runs are marked on a Prefect server; set PREFECT_API_URL")
    found = [path.parent for path in sorted(runs.glob("*/run.json"))[-NEWEST:]]
    dead = [folder for folder in found if _died(folder)]
    if not dead:
        return []
    _wait(wait_s)
    try:
        with server() as client:
            return [folder.name for folder in dead if _mark(client, folder)]
    except (httpx.HTTPError, OSError, PrefectException) as error:
        raise HostError(f"the Prefect server does not answer: {one_line(str(error))}") from error


def _wait(seconds: float) -> None:
    """Wait until the server answers; no longer than that."""
    gives_up = time.monotonic() + seconds
    with server() as client:
        while time.monotonic() < gives_up and client.api_healthcheck() is not None:
            time.sleep(1.0)


def _died(folder: Path) -> bool:
    """Whether a run says that somebody works on it, and nobody does."""
    try:
        facts = RunFolder(folder).facts()
    except DataError:
        return False
    return bool(_worked_on(facts) and facts.get("attempts") and not holder_lives(folder))


def _worked_on(facts: Mapping[str, Any]) -> bool:
    """Whether a run has an attempt that has not ended; one that is complete may be worked on."""
    return facts.get("status") == "running" or bool(facts.get("again"))


def _mark(client: SyncPrefectClient, folder: Path) -> bool:
    """Tell the server that a flow run's process is gone, unless it has moved on by itself."""
    run = RunFolder(folder)
    try:
        with RunLock(folder):
            facts = run.facts()
            if not _worked_on(facts):
                return False  # somebody has been here since
            last: dict[str, Any] = facts["attempts"][-1]
            said = (
                f"its process ({last['pid']} on {last['host']}) is gone, and so is its worker; "
                f"Retry or `judgeflow resume {folder}` continues the run"
            )
            # Told first: a server that does not answer leaves the run to be found once more.
            told = last.get("flow_run") is not None and _told(client, last, said)
            if facts.get("status") in COMPLETE:
                attempts = [*facts["attempts"][:-1], {**last, "error": said}]
                run.note(again=None, attempts=attempts)
            else:
                run.note(again=None, status="crashed", error=said)
            return told
    except HostError:
        return False  # somebody was faster


def _told(client: SyncPrefectClient, attempt: dict[str, Any], said: str) -> bool:
    try:
        state = client.read_flow_run(UUID(attempt["flow_run"])).state
    except ObjectNotFound:
        return False
    if state is None or state.type not in UNENDED:
        return False
    if state.type is StateType.RUNNING and str(state.id) != attempt["state"]:
        return False  # a later attempt is on its way
    ended = Cancelled if state.type is StateType.CANCELLING else Crashed
    client.set_flow_run_state(UUID(attempt["flow_run"]), ended(message=said), force=True)
    return True
