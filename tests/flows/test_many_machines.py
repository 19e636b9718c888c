"""A run on a Dask cluster: scheduler and workers in processes, a Redis and a Prefect server."""

import json
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from prefect.settings import PREFECT_API_URL, temporary_settings

from data.errors import ConfigError, HostError
from flows.cluster import require_cluster
from tasks.config import RunConfig
from tasks.config_file import parse_config
from tasks.stages import away
from tests.flows.conftest import Server, Terminal
from tests.flows.machines import Cluster, blind_to, hosts, reachable
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


@pytest.fixture
def dask(judgeflow: Terminal) -> Iterator[Cluster]:
    pytest.importorskip("prefect_dask")
    cluster = Cluster(judgeflow.folder, judgeflow.env, workers=[()] * 3)
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


def tell(drill: str, standin: StandinControl, counts: Mapping[str, Any]) -> None:
    """A line for docs/scale.md, seen with `-s`."""
    seen = f"{standin.stats()['completed']} calls"
    print(f"\nDRILL {drill}: {counts['planned']} requests, {seen}; {dict(counts)}")


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
    tell("three workers", standin, facts["counts"])
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
    tell("a worker killed", standin, counts)
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
    tell(f"Ctrl-C, {asked} sent by then, resume", standin, counts)
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


@pytest.mark.prove
def test_workers_that_do_not_see_the_runs_get_and_give_files_through_a_share(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess
) -> None:
    pytest.importorskip("prefect_dask")
    ended = judgeflow("run", evaluation(judgeflow, standin, "here"), "--run-dir", "one")
    assert ended.code == 0, ended.err
    standin.reset()
    standin.script(latency=0.3)
    runs, share = judgeflow.folder / "runs", judgeflow.folder / "share"
    runs.mkdir(exist_ok=True)
    dask = Cluster(judgeflow.folder, judgeflow.env, [blind_to(runs)] * 3)
    try:
        runner = {"dask": {"address": dask.address, "share": f"file://{share}"}}
        path = evaluation(judgeflow, standin, "there", cache=redis_server.url, runner=runner)
        process = judgeflow.start("run", path, "--run-dir", runs / "many", "--json")
        while standin.stats()["completed"] < 60:
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        dask.kill_worker()
        out, err = process.communicate(timeout=240)
    finally:
        dask.stop()
    assert process.returncode == 0, err
    counts = json.loads(out)["counts"]
    tell("no common file system, a share, a worker killed", standin, counts)
    assert (counts["open"], counts["failed"]) == (0, 0)
    # the diary of the killed worker ends with its last hand-in
    known = counts["paid"] + counts["perhaps_paid"]
    assert 0 <= standin.stats()["completed"] - known <= 2 * IN_FLIGHT * away.HAND_IN_EVERY_S / 0.3
    assert standin.stats()["completed"] - counts["planned"] <= IN_FLIGHT
    name = "estimates.parquet"
    alone = (judgeflow.folder / "one" / name).read_bytes()
    assert (runs / "many" / name).read_bytes() == alone
    assert list(share.iterdir()) == []  # a complete run leaves nothing there


@pytest.mark.prove
def test_hosts_apart_share_a_run_and_one_whose_cable_is_pulled_costs_what_it_had_in_flight(
    judgeflow: Terminal, standin: StandinControl, redis_server: RedisProcess, prefect_server: Server
) -> None:
    pytest.importorskip("prefect_dask")
    standin.script(latency=0.3)
    with hosts(3) as net:
        places = [redis_server.url, prefect_server.url, standin.openai_url]
        with reachable(net.here, [port for port in (urlsplit(p).port for p in places) if port]):
            redis, prefect, provider = (p.replace("127.0.0.1", net.here) for p in places)
            judgeflow.env["PREFECT_API_URL"] = prefect
            begins = [net.inside(name) for name in net.names]
            dask = Cluster(judgeflow.folder, judgeflow.env, begins, net.here)
            try:
                away = {"cache": redis, "runner": {"dask": {"address": dask.address}}}
                path = evaluation(judgeflow, standin, "apart", **away)
                path.write_text(path.read_text().replace(standin.openai_url, provider))
                process = judgeflow.start("run", path, "--run-dir", "apart", "--json")
                run = judgeflow.folder / "apart"
                while standin.stats()["completed"] < 60 or ledgers(run) < 3:  # all hosts ask
                    assert process.poll() is None, process.communicate()
                    time.sleep(0.1)
                net.cut_off(net.names[-1])
                out, err = process.communicate(timeout=400)
            finally:
                dask.stop()
    assert process.returncode == 0, err
    counts = json.loads(out)["counts"]
    tell("hosts apart, a cable pulled", standin, counts)
    assert (counts["open"], counts["failed"]) == (0, 0)
    assert standin.stats()["completed"] - counts["planned"] <= IN_FLIGHT
