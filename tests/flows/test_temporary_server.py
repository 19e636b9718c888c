"""A killed run leaves no Prefect server behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Terminal

PARENT = """
import time
from flows.temporary_server import TemporaryServer, ends_with_this_process
from prefect.server.api.server import SubprocessASGIServer
ends_with_this_process()
server = SubprocessASGIServer()
assert isinstance(server, TemporaryServer)
server.port = {port}
print(server._run_uvicorn_command().pid, flush=True)
time.sleep(600)
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def command_of(pid: int) -> str:
    """The command line of a living process; empty for a dead one."""
    said = subprocess.run(["ps", "-wwo", "stat=,args=", "-p", str(pid)], capture_output=True)
    state = said.stdout.decode().strip()
    return "" if state.startswith("Z") else state


def within(seconds: float, pid: int) -> bool:
    """Whether a process ends within so many seconds."""
    ends = time.monotonic() + seconds
    while command_of(pid) and time.monotonic() < ends:
        time.sleep(0.1)
    return not command_of(pid)


@contextmanager
def ended_afterwards(parent: subprocess.Popen[str], pid: int) -> Iterator[None]:
    """Leave nothing behind where a test fails."""
    try:
        yield
    finally:
        parent.kill()
        parent.communicate()
        if "watched_server" in command_of(pid):
            os.kill(pid, signal.SIGKILL)


def test_the_server_ends_with_the_process_that_is_killed(tmp_path: Path) -> None:
    env = {**os.environ, "PREFECT_HOME": str(tmp_path), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(port=free_port())],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    with ended_afterwards(parent, server):
        assert "watched_server" in command_of(server)
        parent.kill()
        assert within(30, server)


@pytest.mark.prove
def test_a_run_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    alone = Terminal(tmp_path, env | {"PREFECT_HOME": str(tmp_path / "prefect")})
    slow = {"name": "sim", "client": "simulated", "simulation": {"latency_s": 5}}
    run = alone.start("run", alone.config(judges=[slow]), "--run-dir", tmp_path / "run")
    server = child_of(run.pid, seconds=90)
    with ended_afterwards(run, server):
        while not list((tmp_path / "run").glob("ledger/*")) and run.poll() is None:
            time.sleep(0.1)  # the first call is on its way
        run.kill()
        assert within(30, server)


def child_of(pid: int, seconds: float) -> int:
    """The temporary server that a run has started."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        asked = ["ps", "-wwo", "pid=,args=", "--ppid", str(pid)]
        found = subprocess.run(asked, capture_output=True)
        for line in found.stdout.decode().splitlines():
            if "watched_server" in line:
                return int(line.split()[0])
        time.sleep(0.1)
    raise AssertionError("the run started no temporary server")
