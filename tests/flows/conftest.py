"""A real Prefect server, shared by every flow test, and the command line on top of it."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JUDGEFLOW = Path(sys.executable).parent / "judgeflow"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Server:
    """A Prefect server and the environment that points at it."""

    url: str
    env: Mapping[str, str]

    def post(self, path: str, body: object) -> Any:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        for _ in range(10):  # a database that is busy is asked again, as Prefect's own client does
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    said = reply.read()
                    return json.loads(said) if said else None
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                time.sleep(0.5)
        raise AssertionError(f"Prefect's server stays busy: {path}")

    def flow_run(self, name: str) -> dict[str, Any]:
        """The newest flow run of that name."""
        wanted = {"flow_runs": {"name": {"any_": [name]}}, "sort": "START_TIME_DESC"}
        found: list[dict[str, Any]] = self.post("/flow_runs/filter", wanted)
        assert found, f"no flow run is called {name}"
        return found[0]

    def shard_states(self, name: str) -> list[str]:
        """The states of a flow run's shard tasks."""
        run_id = self.flow_run(name)["id"]
        wanted = {"task_runs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200}
        found: list[dict[str, Any]] = self.post("/task_runs/filter", wanted)
        return sorted(run["state_name"] for run in found if run["name"].startswith("answer "))


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with prefect_process(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@contextlib.contextmanager
def prefect_process(home: Path) -> Iterator[Server]:
    """A Prefect server of our own with its database in `home`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    env = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_UI_API_URL": url,  # the page asks the default port otherwise
    }
    home.mkdir(exist_ok=True)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(f"{url}/health", process)
            yield Server(url, env)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(720):
        assert process.poll() is None, "the Prefect server died while starting"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the Prefect server did not answer within three minutes")


@dataclass
class Terminal:
    """Runs `judgeflow` as a user does, in a folder of its own."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(JUDGEFLOW), *map(str, words)],
            cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def __call__(self, *words: object) -> Ended:
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)

    def config(self, name: str = "config", **changes: Any) -> Path:
        """A configuration on the demo set, written to the folder."""
        config = {
            "name": name,
            "dataset": {"path": str(ROOT / "data/demo")},
            "judges": [{"name": "sim", "client": "simulated"}],
            "cache": str(self.folder / "cache"),
            "runs": str(self.folder / "runs"),
            "bootstrap": {"replicates": 200},
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config | changes))
        return path


@dataclass
class InProcess(Terminal):
    """Runs `judgeflow` in this process: the same code after one import of Prefect."""

    server: str = "http://127.0.0.1:9/api"  # nobody listens: most commands need no server

    def __call__(self, *words: object) -> Ended:
        from prefect.settings import (
            PREFECT_API_URL,
            PREFECT_LOGGING_LEVEL,
            temporary_settings,
        )

        from flows.cli import main

        out, err = io.StringIO(), io.StringIO()
        settings = {PREFECT_API_URL: self.server, PREFECT_LOGGING_LEVEL: "CRITICAL"}
        with (
            temporary_settings(settings),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
            pytest.raises(SystemExit) as ended,
        ):
            warnings.simplefilter("ignore")  # those of the libraries; ours are tested elsewhere
            main([str(word) for word in words])
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 1, out.getvalue(), err.getvalue())


@pytest.fixture
def offline(tmp_path: Path) -> InProcess:
    """For commands that run no flow."""
    return InProcess(tmp_path)


@pytest.fixture
def quick(tmp_path: Path, prefect_server: Server) -> InProcess:
    return InProcess(tmp_path, server=prefect_server.url)


@pytest.fixture
def judgeflow(tmp_path: Path, prefect_server: Server) -> Terminal:
    return Terminal(tmp_path, dict(prefect_server.env))
