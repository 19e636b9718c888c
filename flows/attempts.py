"""Which attempt of which flow run this process is, and where the attempts before it worked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL

from data.errors import HostError
from data.holders import Holder, this_process
from data.row_rules import one_line
from data.run_folder import RunFolder

FOLDER = "judgeflow.run"  # the label of a flow run that names its run's folder
PATIENCE_S = 90.0  # a retry grants the attempt before it: to stop, or to be dead elsewhere


@dataclass(frozen=True)
class Attempt:
    """A flow run's attempt: the state it entered by running marks it for the server.

    `deployed` runs were started by a worker or runner, and can be retried from Prefect's UI.
    """

    flow_run: UUID
    number: int
    state: UUID
    deployed: bool

    @property
    def patience_s(self) -> float:
        """How long it waits for whoever holds its run's folder."""
        return PATIENCE_S if self.number > 1 else 0.0

    def holder(self) -> Holder:
        """This process, as the holder of a run's folder."""
        return this_process(str(self.flow_run), self.number)

    def facts(self) -> dict[str, str | int]:
        """What the run's record keeps of it."""
        return {
            "flow_run": str(self.flow_run),
            "number": self.number,
            "state": str(self.state),
        }


def this_attempt() -> Attempt | None:
    """The attempt that this process runs; `None` outside a flow run."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.state is None:
        return None
    run, state = context.flow_run, context.flow_run.state
    return Attempt(run.id, max(run.run_count, 1), state.id, run.deployment_id is not None)


def known_folder() -> str | None:
    """The folder in which earlier attempts of this flow run worked.

    Raises:
        HostError: it is not on this machine.
    """
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    name = None if run is None else run.labels.get(FOLDER)
    if name is None:
        return None
    if not (Path(str(name)) / "run.json").exists():
        raise HostError(
            f"this flow run began in {str(name)!r}, which is not on {os.uname().nodename!r}; retry "
            "it where that folder is, or start a new run"
        )
    return str(name)


def remember_folder(run: RunFolder) -> None:
    """Let later attempts of this flow run find the folder, whatever the configuration says."""
    attempt = this_attempt()
    if attempt is not None and attempt.deployed:
        with server() as client:
            client.update_flow_run_labels(attempt.flow_run, {FOLDER: str(run.path)})


def server(timeout_s: float = 5.0) -> SyncPrefectClient:
    """A client of the Prefect server that does not wait long for an answer."""
    return get_client(sync_client=True, httpx_settings={"timeout": timeout_s})


def require_server() -> None:
    """Refuse to begin where the server that the settings name does not answer.

    Raises:
        HostError: saying what to do.
    """
    address = PREFECT_API_URL.value()
    if not address:
        return  # a temporary one is started
    with server(timeout_s=30.0) as client:
        problem = client.api_healthcheck()
    if problem is not None:
        raise HostError(
            f"no Prefect server answers at {address!r}, where PREFECT_API_URL points "
            f"({one_line(f'{type(problem).__name__}: {problem}')[:160]}); start it, or unset "
            "PREFECT_API_URL for a temporary one"
        )
