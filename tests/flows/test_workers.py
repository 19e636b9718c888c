"""Deployments at work: a worker started elsewhere, and one process that serves them all."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.flows.conftest import ROOT, InProcess, Server, Terminal
from tests.flows.test_deployments import deployment

pytestmark = pytest.mark.prove


def deployed_file(folder: Path, name: str) -> Path:
    """A configuration of few samples in `folder`, and a file that deploys it by a relative path."""
    (folder / "configs").mkdir()
    config = {
        "name": "small",
        "dataset": {"path": str(ROOT / "data/demo")},
        "judges": [{"name": "sim", "client": "simulated"}],
        "limit": 30,
        "shard_size": 10,
        "bootstrap": {"replicates": 200},
    }
    (folder / "configs/small.yaml").write_text(yaml.safe_dump(config))
    entry = {
        "name": name,
        "entrypoint": "flows.nightly.nightly",
        "tags": ["scheduled"],
        "parameters": {"config": "configs/small.yaml"},
        "work_pool": {"name": f"pool-{name}"},
    }
    path = folder / "prefect.yaml"
    path.write_text(yaml.safe_dump({"deployments": [entry]}))
    return path


@contextlib.contextmanager
def running(*words: str, folder: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A long-lived command; it gets SIGINT at the end, and its group is gone after that."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=env, stdout=log, stderr=log, text=True, start_new_session=True
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def ended(server: Server, run_id: str, process: subprocess.Popen[str]) -> dict[str, Any]:
    """The flow run once it has ended."""
    for _ in range(480):
        assert process.poll() is None, "the process that should run it is gone"
        (run,) = server.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
        if run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
            return dict(run)
        time.sleep(0.25)
    raise AssertionError(f"the run is still {run['state_name']}")


def check_run(server: Server, folder: Path, run: dict[str, Any]) -> None:
    """The run is complete, lies in the working directory, and can be found in Prefect."""
    assert run["state_type"] == "COMPLETED", run["state"]["message"]
    (made,) = (folder / "runs").glob("*-small-*")
    assert run["name"] == made.name
    assert json.loads((made / "run.json").read_text())["status"] == "complete"
    tags = {"scheduled", f"run:{made.name}", "config:small", "dataset:demo", "simulated"}
    assert tags <= set(run["tags"])
    wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
    keys = {each["key"] for each in server.post("/artifacts/filter", wanted)}
    parts = ("report", "summary", "leaderboard", "cost", "checkpoints", "progress")
    assert {f"judgeflow-{part}" for part in parts} <= keys


def test_a_worker_started_elsewhere_runs_what_was_deployed(
    quick: InProcess, prefect_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"worked-{uuid.uuid4().hex[:6]}"
    file = deployed_file(quick.folder, name)
    assert quick("deploy", "--file", file).code == 0
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    words = (sys.executable, "-m", "prefect", "worker", "start", "--pool", f"pool-{name}")
    made = deployment(prefect_server, f"nightly/{name}")["id"]
    with running(*words, folder=elsewhere, env=dict(prefect_server.env)) as process:
        run = prefect_server.post(f"/deployments/{made}/create_flow_run", {})
        done = ended(prefect_server, run["id"], process)
    check_run(prefect_server, quick.folder, done)


def test_serving_takes_a_deployment_back_from_its_pool_and_runs_it_here(
    quick: InProcess, judgeflow: Terminal, prefect_server: Server
) -> None:
    name = f"served-{uuid.uuid4().hex[:6]}"
    file = deployed_file(quick.folder, name)
    assert quick("deploy", "--file", file).code == 0
    words = (str(Path(sys.executable).parent / "judgeflow"), "serve", "--file", str(file))
    with running(*words, folder=quick.folder, env=judgeflow.env) as process:
        while "serving" not in (quick.folder / "log").read_text():
            assert process.poll() is None, (quick.folder / "log").read_text()
            time.sleep(0.25)
        time.sleep(1)
        made = deployment(prefect_server, f"nightly/{name}")
        assert made["work_pool_name"] is None
        run = prefect_server.post(f"/deployments/{made['id']}/create_flow_run", {})
        done = ended(prefect_server, run["id"], process)
    check_run(prefect_server, quick.folder, done)
    assert not deployment(prefect_server, f"nightly/{name}")["paused"]
    assert "Traceback" not in (quick.folder / "log").read_text()


def test_prefects_own_command_registers_the_same_from_the_same_file(
    prefect_server: Server,
) -> None:
    def registered() -> list[dict[str, Any]]:
        kept = (
            "entrypoint", "parameters", "tags", "work_pool_name", "pull_steps", "description",
            "concurrency_options", "parameter_openapi_schema", "enforce_parameter_schema",
        )  # fmt: skip
        found = []
        for name in ("nightly/nightly", "nightly/weekly-full", "adhoc/adhoc"):
            made = deployment(prefect_server, name)
            crons = [(each["schedule"], each["active"], each["slug"]) for each in made["schedules"]]
            found.append({**{key: made[key] for key in kept}, "crons": crons})
        return found

    from_checkout = InProcess(ROOT, server=prefect_server.url)
    assert from_checkout("deploy").code == 0
    ours = registered()
    theirs = subprocess.run(
        [*(sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"),
         *("--prefect-file", "deployments/prefect.yaml")],
        cwd=ROOT, env=dict(prefect_server.env), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert theirs.returncode == 0, theirs.stdout + theirs.stderr
    assert registered() == ours
