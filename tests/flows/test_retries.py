"""Retry, cancel and sudden death on a real Prefect server with a worker: nothing is paid twice."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import InProcess, Server
from tests.flows.deployed import (
    Deployed,
    deploy,
    end,
    flow_processes,
    wait_for_end,
    worker,
)
from tests.standin.control import StandinControl

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
ITEMS = 40
AT_ONCE = 2


@pytest.fixture(scope="module")
def nightly(prefect_server: Server) -> Deployed:
    return deploy(prefect_server, "drills", "flows.nightly.nightly")


@pytest.fixture
def parameters(quick: InProcess, standin: StandinControl) -> dict[str, Any]:
    """Of a run that asks forty questions, two at a time, five a shard."""
    judge = {
        "name": "gpt", "client": "openai", "model": "m", "base_url": standin.openai_url,
        "concurrency": AT_ONCE, "give_up_after_s": 2.0, "backoff_s": 0.1,
    }  # fmt: skip
    changes: dict[str, Any] = {"modes": ["score"], "limit": ITEMS, "shard_size": 5}
    path = quick.config(judges=[judge], shard_retries=0, **changes)
    return {"config": str(path)}


@pytest.fixture
def work(nightly: Deployed, tmp_path: Path) -> Iterator[int]:
    with worker(nightly, tmp_path) as process:
        yield process.pid


def folder_of(quick: InProcess) -> Path:
    """The one run folder there is: no attempt may make another."""
    (found,) = [path.parent for path in (quick.folder / "runs").glob("*/run.json")]
    return found


def facts_of(quick: InProcess) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder_of(quick) / "run.json").read_text())
    return facts


def wait_for_calls(standin: StandinControl, total: int) -> None:
    ends = time.monotonic() + 120
    while standin.stats()["total"] < total:
        assert time.monotonic() < ends, "the run asked nothing for two minutes"
        time.sleep(0.02)


def quiet_calls(standin: StandinControl, seconds: float = 4.0) -> int:
    """The calls so far, once none has come for some seconds."""
    before = standin.stats()["total"]
    time.sleep(seconds)
    after: int = standin.stats()["total"]
    assert after == before, f"{after - before} calls came after the run had ended"
    return after


def last_call_after(standin: StandinControl, started: float) -> float:
    """Seconds from `started` to the last call, once none has come for three."""
    last, total = started, standin.stats()["total"]
    while time.monotonic() - last < 3:
        time.sleep(0.05)
        if (now := standin.stats()["total"]) != total:
            last, total = time.monotonic(), now
    return last - started


def tell(drill: str, standin: StandinControl, **seconds: float) -> None:
    """A line for the table of drills in docs/retries.md."""
    stats = standin.stats()
    again = stats["completed"] - len([b for b in stats["bodies"].values() if b["completed"]])
    told = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    print(f"\nDRILL {drill}: {stats['total']} sent, {again} paid twice; {told}")


def finished_once(quick: InProcess, standin: StandinControl, lost: int = 0) -> None:
    """Every question is answered; no more were paid again than were in flight at a SIGKILL."""
    facts, stats = facts_of(quick), standin.stats()
    assert (facts["status"], facts["counts"]["open"]) == ("complete", 0)
    answered = [body for body in stats["bodies"].values() if body["completed"]]
    assert len(answered) == ITEMS
    assert stats["completed"] - ITEMS <= lost


def test_a_provider_that_is_down_fails_the_run_in_one_line_and_retry_asks_the_rest(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(sequence=["ok"] * 17 + ["503"] * 10_000)
    run = nightly.start(parameters)
    state = nightly.ended(run)
    assert state["type"] == "FAILED"
    assert "requests have no answer" in state["message"]
    assert state["message"].endswith("asks them again, and so does Retry")
    assert "\n" not in state["message"]
    shards = nightly.server.shard_states(call_name(nightly, run))
    assert shards.count("Completed") >= 1
    paid = standin.stats()["completed"]
    assert paid == 17
    standin.script()
    before, started = standin.stats()["total"], time.monotonic()
    nightly.retry(run)
    assert nightly.ended(run)["type"] == "COMPLETED"
    tell("provider down, Retry", standin, retry=time.monotonic() - started)
    assert standin.stats()["total"] - before == ITEMS - paid
    finished_once(quick, standin)
    assert [one["number"] for one in facts_of(quick)["attempts"]] == [1, 2]


def call_name(deployed: Deployed, flow_run: str) -> str:
    return str(deployed.server.call("GET", f"/flow_runs/{flow_run}")["name"])


def test_a_killed_worker_takes_its_flow_process_with_it_and_retry_continues(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
    tmp_path: Path,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    flows = flow_processes(work)
    os.kill(work, signal.SIGKILL)
    stopped = wait_for_end(flows, 30)
    state = nightly.state(run)
    assert state["type"] == "CRASHED"
    assert f"the worker that started this run (process {work}) is gone" in state["message"]
    sent = quiet_calls(standin)
    assert sent < ITEMS
    assert facts_of(quick)["status"] == "crashed"
    standin.script()
    nightly.retry(run)
    with worker(nightly, tmp_path):
        assert nightly.ended(run)["type"] == "COMPLETED"
    tell("SIGKILL of the worker", standin, stopped=stopped)
    finished_once(quick, standin)


def test_a_killed_flow_process_crashes_the_run_and_retry_continues(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=0.3)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (flow,) = flow_processes(work)
    os.kill(flow, signal.SIGKILL)
    started = time.monotonic()
    state = nightly.wait(run, "CRASHED")
    told = time.monotonic() - started
    assert "status code" in state["message"]
    standin.script()
    assert nightly.retried(run)["type"] == "COMPLETED"
    tell("SIGKILL of the flow process", standin, told=told)
    finished_once(quick, standin, lost=AT_ONCE)


def test_worker_and_flow_process_killed_are_reaped_and_retried(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
    tmp_path: Path,
) -> None:
    standin.script(latency=0.3)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (flow,) = flow_processes(work)
    os.kill(work, signal.SIGSTOP)  # so that it cannot tell how its child ended
    os.kill(flow, signal.SIGKILL)
    os.kill(work, signal.SIGKILL)
    quiet_calls(standin)
    assert nightly.state(run)["type"] == "RUNNING"  # nobody is left to say otherwise
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.reaping import reap

    with temporary_settings({PREFECT_API_URL: nightly.server.url}):
        assert reap(quick.folder / "runs") == [folder_of(quick).name]
        assert reap(quick.folder / "runs") == []
    state = nightly.state(run)
    assert state["type"] == "CRASHED"
    assert f"its process ({flow} on" in state["message"]
    standin.script()
    nightly.retry(run)
    with worker(nightly, tmp_path):
        assert nightly.ended(run)["type"] == "COMPLETED"
    tell("SIGKILL of both", standin)
    finished_once(quick, standin, lost=AT_ONCE)


def test_an_attempt_that_the_server_has_given_up_stops_and_leaves_the_folder_to_the_next(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (first,) = flow_processes(work)
    nightly.retry(run)  # the API takes it, though the first attempt runs
    stopped = wait_for_end([first], 30)
    standin.script()
    state = nightly.ended(run)
    assert state["type"] == "COMPLETED", state["message"]
    tell("Retry beside a live attempt", standin, stopped=stopped)
    finished_once(quick, standin)
    attempts = facts_of(quick)["attempts"]
    assert [one["number"] for one in attempts] == [1, 2]
    assert attempts[0]["pid"] == first


def test_a_paused_attempt_keeps_the_folder_and_pays_nothing_when_it_goes_on(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (first,) = flow_processes(work)
    os.kill(first, signal.SIGSTOP)
    time.sleep(1)  # what is on its way to the stand-in arrives
    paused_at = quiet_calls(standin)
    nightly.retry(run)
    nightly.wait(run, "RUNNING")
    quiet_calls(standin, 8)  # the second attempt waits for the folder, and asks nothing
    assert standin.stats()["total"] == paused_at
    os.kill(first, signal.SIGCONT)
    stopped = wait_for_end([first], 30)
    standin.script()
    state = nightly.ended(run)
    assert state["type"] == "COMPLETED", state["message"]
    tell("SIGSTOP, Retry, SIGCONT", standin, stopped=stopped)
    finished_once(quick, standin, lost=AT_ONCE)


def test_an_attempt_that_stays_paused_is_named_and_never_written_over(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (first,) = flow_processes(work)
    os.kill(first, signal.SIGSTOP)
    time.sleep(1)
    paused_at = quiet_calls(standin)
    nightly.retry(run)
    nightly.wait(run, "RUNNING")
    state = nightly.ended(run, 240)
    assert state["type"] == "FAILED"
    assert f"being worked on by process {first} on" in state["message"]
    assert f"`kill -9 {first}` ends it" in state["message"]
    assert standin.stats()["total"] == paused_at
    end(first)
    standin.script()
    assert nightly.retried(run)["type"] == "COMPLETED"
    tell("SIGSTOP, Retry refused, kill, Retry", standin)
    finished_once(quick, standin, lost=AT_ONCE)


def test_cancel_stops_calls_within_five_seconds_and_retry_continues(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (flow,) = flow_processes(work)
    nightly.set_state(run, "CANCELLING", "Cancelling")
    started = time.monotonic()
    last_call = last_call_after(standin, started)
    wait_for_end([flow], 30)
    ended, last = time.monotonic() - started, standin.stats()
    assert nightly.ended(run)["type"] == "CANCELLED"  # nothing else before, such as Crashed
    cancelled = time.monotonic() - started
    assert last["completed"] == last["total"] < ITEMS
    assert last_call < 5
    assert quiet_calls(standin) == last["total"]
    assert facts_of(quick)["status"] == "cancelled"
    standin.script()
    assert nightly.retried(run)["type"] == "COMPLETED"
    tell("Cancel", standin, last_call=last_call, ended=ended, told=cancelled)
    finished_once(quick, standin)


def test_cancel_without_a_worker_is_heard_by_the_flow_process_itself(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=0.5)
    run = nightly.start(parameters)
    wait_for_calls(standin, 6)
    (flow,) = flow_processes(work)
    os.kill(work, signal.SIGSTOP)
    nightly.set_state(run, "CANCELLING", "Cancelling")
    started = time.monotonic()
    last_call = last_call_after(standin, started)
    assert last_call < 5
    wait_for_end([flow], 30)
    quiet_calls(standin)
    assert nightly.state(run)["type"] == "CANCELLED"
    tell("Cancel without a worker", standin, last_call=last_call)
