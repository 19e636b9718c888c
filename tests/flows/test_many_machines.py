"""A run on a Dask cluster: scheduler and workers in processes, a Redis and a Prefect server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import PREFECT_API_URL, temporary_settings

from data.errors import ConfigError, HostError
from flows.cluster import require_cluster
from tasks.config import RunConfig
from tasks.config_file import parse_config
from tests.flows.conftest import Terminal
from tests.redis_process import RedisProcess
from tests.standin.control import StandinControl

IN_FLIGHT = 8  # of one worker


def config(**changes: Any) -> RunConfig:
    judge = {"name": "sim", "client": "simulated"}
    return parse_config({"name": "n", "dataset": {"path": "."}, "judges": [judge], **changes})


def test_a_dask_run_needs_a_cache_that_workers_share() -> None:
    with pytest.raises(ConfigError, match=r"needs a cache that all its workers share"):
        config(runner="dask")
    assert config(runner={"dask": {"address": "tcp://host:8786"}}, cache="redis://host").runner


def test_a_dask_run_on_the_temporary_prefect_server_is_told_so_at_once() -> None:
    pytest.importorskip("prefect_dask")
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(HostError, match="not the temporary one"),
    ):
        require_cluster(config(runner="dask", cache="redis://host"))


class Cluster:
    """A scheduler and workers, each with a nanny, as an operator starts them."""

    def __init__(self, folder: Path, env: Mapping[str, str], workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        self._env = {**env, "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}
        self.processes = [self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))]
        for number in range(workers):
            own = ("--nthreads", "2", "--name", f"w{number}", "--local-directory", str(folder))
            self.processes.append(self._start("dask_worker", self.address, *own))

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{what}", *words, "--no-dashboard"],
                cwd=self._folder, env=self._env, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip

    def kill_worker(self) -> None:
        """SIGKILL to a worker and its nanny: the machine is gone."""
        os.killpg(self.processes[-1].pid, signal.SIGKILL)
        self.processes.pop().wait()

    def stop(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def dask(judgeflow: Terminal) -> Iterator[Cluster]:
    pytest.importorskip("prefect_dask")
    cluster = Cluster(judgeflow.folder, judgeflow.env, workers=3)
    try:
        yield cluster
    finally:
        cluster.stop()


def evaluation(terminal: Terminal, standin: StandinControl, name: str, **changes: Any) -> Path:
    place = {"client": "openai", "model": "m", "base_url": standin.openai_url}
    judge = {"name": "gpt", **place, "concurrency": IN_FLIGHT}
    return terminal.config(
        name, judges=[judge], probes={"order": {}}, shard_size=20, limit=60, **changes
    )


def ledgers(run: Path) -> int:
    return len([path for path in (run / "ledger").iterdir() if path.stat().st_size])


@pytest.mark.prove
def test_a_cluster_gives_the_same_estimates_and_pays_nothing_twice(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess, dask: Cluster
) -> None:
    one, many = judgeflow.folder / "one", judgeflow.folder / "many"
    ended = judgeflow("run", evaluation(judgeflow, standin, "here"), "--run-dir", one)
    assert ended.code == 0, ended.err
    alone = standin.stats()["bodies"]
    standin.reset()
    away = {"cache": redis_server.url, "runner": {"dask": {"address": dask.address}}}
    path = evaluation(judgeflow, standin, "there", **away)
    ended = judgeflow("run", path, "--run-dir", many, "--max-calls", "5000")
    assert ended.code == 0, ended.err
    assert "every answer is on its disk before it is used" in ended.err
    assert standin.stats()["bodies"] == alone  # those of repeats have one body
    assert ledgers(many) == 3
    name = "estimates.parquet"
    assert (one / name).read_bytes() == (many / name).read_bytes()
    facts = json.loads((many / "run.json").read_text())
    assert facts["counts"]["paid"] == sum(body["completed"] for body in alone.values())
    assert facts["cache"]["durable"]


@pytest.mark.prove
def test_a_worker_killed_mid_run_loses_nothing_and_costs_what_it_had_in_flight(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess, dask: Cluster
) -> None:
    standin.script(latency=0.3)
    away = {"cache": redis_server.url, "runner": {"dask": {"address": dask.address}}}
    path = evaluation(judgeflow, standin, "there", **away)
    process = judgeflow.start("run", path, "--run-dir", "many", "--json")
    while standin.stats()["completed"] < 60:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    dask.kill_worker()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    counts = json.loads(out)["counts"]
    assert (counts["open"], counts["failed"]) == (0, 0)
    assert counts["planned"] - counts["paid"] <= counts["perhaps_paid"] <= IN_FLIGHT
    assert standin.stats()["completed"] - counts["planned"] <= IN_FLIGHT


@pytest.mark.prove
def test_an_interrupt_stops_the_workers_and_a_resume_asks_for_the_rest(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess, dask: Cluster
) -> None:
    standin.script(latency=0.3)
    away = {"cache": redis_server.url, "runner": {"dask": {"address": dask.address}}}
    path = evaluation(judgeflow, standin, "there", **away)
    process = judgeflow.start("run", path, "--run-dir", "many", "--json")
    while standin.stats()["completed"] < 40:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    time.sleep(5)
    asked = standin.stats()["total"]
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert standin.stats()["total"] == asked
    ended = judgeflow("resume", "many", "--json")
    assert ended.code == 0, ended.err
    counts = ended.json["counts"]
    assert (counts["open"], counts["paid"]) == (0, counts["planned"])
    assert standin.stats()["completed"] == counts["planned"]


@pytest.mark.prove
def test_a_worker_that_cannot_work_on_the_run_is_told_before_anything_is_asked(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess, dask: Cluster
) -> None:
    away = {"cache": redis_server.url, "runner": {"dask": {"address": dask.address}}}
    path = evaluation(judgeflow, standin, "there", **away)
    keyed = yaml.safe_load(path.read_text())
    keyed["judges"][0]["api_key_env"] = "ONLY_HERE"
    path.write_text(yaml.safe_dump(keyed))
    judgeflow.env["ONLY_HERE"] = "secret"
    ended = judgeflow("run", path, "--run-dir", "many")
    assert ended.code == 2
    assert "Dask worker 'tcp://" in ended.err
    assert "ONLY_HERE" in ended.err
    assert standin.stats()["total"] == 0


@pytest.mark.prove
def test_a_cluster_of_this_machine_is_started_and_stopped_with_the_run(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess
) -> None:
    pytest.importorskip("prefect_dask")
    path = evaluation(judgeflow, standin, "own", cache=redis_server.url, runner="dask")
    ended = judgeflow("run", path, "--run-dir", "own", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["open"] == 0
    assert ledgers(judgeflow.folder / "own") == 2
    assert standin.stats()["completed"] == ended.json["counts"]["paid"]
