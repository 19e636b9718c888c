"""Several processes, one call cache, one provider: every request is paid once."""

import sys
import time
from pathlib import Path

import pytest

from data.ledger import spent
from data.run_folder import RunFolder
from tests.redis_process import RedisProcess, redis_process
from tests.sharing.askers import IN_FLIGHT, askers
from tests.standin.control import StandinControl


def completed(standin: StandinControl) -> list[int]:
    """How often each request was paid."""
    return [body["completed"] for body in standin.stats()["bodies"].values()]


def wait_until_paid(standin: StandinControl, count: int) -> None:
    while standin.stats()["completed"] < count:
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("processes", "requests"),
    [(2, 120), pytest.param(4, 2000, marks=pytest.mark.prove)],
)
def test_each_request_is_answered_by_exactly_one_call(
    processes: int, requests: int, tmp_path: Path, redis_server: RedisProcess,
    standin: StandinControl,
) -> None:  # fmt: skip
    standin.script(latency=0.05)
    runs = [tmp_path / f"run-{number}" for number in range(processes)]
    with askers(runs, redis_server.url, standin, requests) as started:
        said = [each.said() for each in started]
    assert completed(standin) == [1] * requests
    assert [each["answered"] for each in said] == [requests] * processes
    assert sum(each["sent"] for each in said) == requests
    assert len({each["texts"] for each in said}) == 1
    assert min(each["sent"] for each in said) > 0  # they share the work
    assert sum(spent(run / "ledger").paid for run in runs) == requests


@pytest.mark.skipif(sys.platform != "linux", reason="claims in a folder are Linux's")
def test_each_request_is_paid_once_by_processes_that_share_a_folder_and_one_is_killed(
    tmp_path: Path, standin: StandinControl
) -> None:
    standin.script(latency=0.1)
    runs = [tmp_path / f"run-{number}" for number in range(3)]
    with askers(runs, str(tmp_path / "cache"), standin, 300) as started:
        wait_until_paid(standin, 60)
        started[0].process.kill()
        said = [each.said() for each in started[1:]]
    paid = completed(standin)
    assert (len(paid), min(paid)) == (300, 1)
    assert sum(paid) - 300 <= IN_FLIGHT  # what the killed process had in flight
    assert [each["answered"] for each in said] == [300] * 2
    assert len({each["texts"] for each in said}) == 1
    assert min(each["sent"] for each in said) > 0  # they share the work


@pytest.mark.prove
def test_a_killed_process_loses_nothing_and_costs_what_it_had_in_flight(
    tmp_path: Path, redis_server: RedisProcess, standin: StandinControl
) -> None:
    standin.script(latency=0.2)
    runs = [tmp_path / f"run-{number}" for number in range(4)]
    with askers(runs, redis_server.url, standin, 2000) as started:
        wait_until_paid(standin, 400)
        started[0].process.kill()
        said = [each.said() for each in started[1:]]
    paid = completed(standin)
    assert len(paid) == 2000
    assert min(paid) == 1
    assert sum(paid) - 2000 <= IN_FLIGHT
    assert [each["answered"] for each in said] == [2000] * 3
    assert len({each["texts"] for each in said}) == 1


@pytest.mark.parametrize(
    ("fsync", "requests"),
    [
        ("everysec", 160),
        pytest.param("everysec", 2000, marks=pytest.mark.prove),
        pytest.param("always", 2000, marks=pytest.mark.prove),
    ],
)
def test_a_redis_server_that_is_killed_and_comes_back_costs_nothing(
    fsync: str, requests: int, tmp_path: Path, standin: StandinControl
) -> None:
    standin.script(latency=0.1)
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_process(folder, "--appendonly", "yes", "--appendfsync", fsync) as redis:
        runs = [tmp_path / f"run-{number}" for number in range(2)]
        with askers(runs, redis.url, standin, requests) as started:
            wait_until_paid(standin, requests // 4)
            redis.kill()
            time.sleep(1)
            redis.start()
            said = [each.said() for each in started]
    assert [each["answered"] for each in said] == [requests] * 2
    assert completed(standin) == [1] * requests


def test_a_redis_server_that_stays_away_ends_the_run_and_nothing_stored_is_paid_again(
    tmp_path: Path, standin: StandinControl
) -> None:
    standin.script(latency=0.1)
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_process(folder, "--appendonly", "yes", "--appendfsync", "always") as redis:
        run = tmp_path / "run"
        with askers([run], redis.url, standin, 120, patience_s=1) as (one,):
            wait_until_paid(standin, 50)
            redis.kill()
            said = one.said()
        assert said["code"] == 2
        assert "with `judgeflow resume` where a run has begun" in said["error"]
        redis.start()
        with askers([run], redis.url, standin, 120) as (one,):
            assert one.said()["answered"] == 120
    paid = completed(standin)
    assert len(paid) == 120
    assert sum(paid) - 120 <= IN_FLIGHT  # in flight when the server went


def test_a_limit_is_kept_by_two_processes_of_one_run(
    tmp_path: Path, redis_server: RedisProcess, standin: StandinControl
) -> None:
    run = tmp_path / "run"
    with askers([run, run], redis_server.url, standin, 120, max_calls=50) as started:
        said = [each.said() for each in started]
    assert standin.stats()["completed"] == 50
    assert {each["code"] for each in said} == {4}
    assert all("50 calls sent of at most 50" in each["error"] for each in said)


def test_limits_of_a_stage_that_is_done_again_hold_in_every_process(
    tmp_path: Path, redis_server: RedisProcess, standin: StandinControl
) -> None:
    run = tmp_path / "run"
    RunFolder.create(run, {}, stage_limits={"max_calls": 20})  # as the flow's process wrote them
    with askers([run, run], redis_server.url, standin, 60) as started:
        said = [each.said() for each in started]  # both end, whatever they waited for
    assert standin.stats()["total"] == 20
    assert {each["code"] for each in said} == {4}


def test_a_process_hands_in_nothing_once_another_execution_of_the_run_has_begun(
    tmp_path: Path, redis_server: RedisProcess, standin: StandinControl
) -> None:
    standin.script(latency=0.3)
    with askers([tmp_path / "run"], redis_server.url, standin, 40) as (one,):
        wait_until_paid(standin, 10)
        RunFolder(tmp_path / "run").note(session="another")
        said = one.said()
    assert (said["code"], "was taken over" in said["error"]) == (2, True)
    assert "answered" not in said


def test_a_ceiling_per_minute_is_kept_by_two_processes(
    tmp_path: Path, redis_server: RedisProcess, standin: StandinControl
) -> None:
    runs = [tmp_path / f"run-{number}" for number in range(2)]
    with askers(runs, redis_server.url, standin, 40, requests_per_minute=1200) as started:
        assert [each.said()["answered"] for each in started] == [40, 40]
    arrived = sorted(standin.stats()["arrived_s"])
    assert len(arrived) == 40
    assert arrived[-1] - arrived[0] > 39 / 20 - 0.3
