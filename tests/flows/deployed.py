"""A deployment on a real Prefect server, and a worker that runs its flow runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.conftest import ROOT, Server

UNENDED = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING")


@dataclass(frozen=True)
class Deployed:
    """A deployment in a process work pool of its own."""

    server: Server
    pool: str
    id: str

    def start(self, parameters: dict[str, Any], **more: Any) -> str:
        """Schedule a flow run for now; its id."""
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}, **more}
        made = self.server.call("POST", f"/deployments/{self.id}/create_flow_run", body)
        return str(made["id"])

    def state(self, flow_run: str) -> dict[str, Any]:
        """The flow run's state: `type`, `name`, `message`."""
        state: dict[str, Any] = self.server.call("GET", f"/flow_runs/{flow_run}")["state"]
        return state

    def set_state(self, flow_run: str, kind: str, name: str) -> None:
        """What the buttons of the UI do."""
        body = {"state": {"type": kind, "name": name, "message": "from a test"}}
        self.server.call("POST", f"/flow_runs/{flow_run}/set_state", body)

    def retry(self, flow_run: str) -> None:
        """Press Retry."""
        self.set_state(flow_run, "SCHEDULED", "AwaitingRetry")

    def retried(self, flow_run: str) -> dict[str, Any]:
        """Press Retry, and how that ended; again where the worker's late word undid it.

        A worker tells of a process that died twice: at once, and again some seconds later.
        """
        for _ in range(3):
            self.retry(flow_run)
            state = self.ended(flow_run)
            if "exited with" not in str(state["message"]):
                break
        return state

    def wait(self, flow_run: str, *kinds: str, timeout_s: float = 180.0) -> dict[str, Any]:
        """The state of the flow run once it is of one of these types."""
        ends = time.monotonic() + timeout_s
        while (state := self.state(flow_run))["type"] not in kinds:
            assert time.monotonic() < ends, f"still {state['name']}: {state['message']}"
            time.sleep(0.2)
        return state

    def ended(self, flow_run: str, timeout_s: float = 180.0) -> dict[str, Any]:
        """The state in which the flow run ends."""
        final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        return self.wait(flow_run, *final, timeout_s=timeout_s)


def deploy(server: Server, pool: str, entrypoint: str, **options: Any) -> Deployed:
    """A deployment of a flow, by its module entrypoint, in a new process work pool."""
    try:
        server.call("GET", f"/work_pools/{pool}")
    except OSError:
        kind = server.call("GET", "/collections/views/aggregate-worker-metadata")
        template = kind["prefect"]["process"]["default_base_job_configuration"]
        body = {"name": pool, "type": "process", "base_job_template": template}
        server.call("POST", "/work_pools/", body)
    flow = server.call("POST", "/flows/", {"name": entrypoint.rpartition(".")[2]})
    step = {"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}
    made = server.call(
        "POST",
        "/deployments/",
        {
            "name": pool,
            "flow_id": flow["id"],
            "work_pool_name": pool,
            "entrypoint": entrypoint,
            "pull_steps": [step],
            **options,
        },
    )
    return Deployed(server, pool, str(made["id"]))


@contextmanager
def worker(deployed: Deployed, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process worker of the deployment's pool; it and all it started end with this."""
    env = {**deployed.server.env, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", deployed.pool],
            env=env, stdout=log, stderr=log, cwd=folder, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        children = flow_processes(process.pid)
        for pid in (process.pid, *children):
            end(pid)
        process.wait(30)


def flow_processes(worker_pid: int) -> list[int]:
    """The processes of flow runs that a worker has started, while it lives."""
    found = subprocess.run(["pgrep", "-P", str(worker_pid)], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


def wait_for_end(pids: Sequence[int], timeout_s: float) -> float:
    """Seconds until none of the processes is left."""
    started = time.monotonic()
    while any(alive(pid) for pid in pids):
        assert time.monotonic() - started < timeout_s, f"{pids} live on after {timeout_s} s"
        time.sleep(0.05)
    return time.monotonic() - started


def alive(pid: int) -> bool:
    """Whether a process runs, and is not only waited for by its parent."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def end(pid: int) -> None:
    """Kill a process if it is there."""
    try:
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
