"""A run stops once it is no longer this process's to continue."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import State, StateType

from data.errors import (
    InterruptedRunError,
    JudgeflowError,
    OrphanedRunError,
    SupersededRunError,
)
from data.holders import holder_text
from flows.stopping import stop_run, stops_on_signals, waiting_for_shards
from flows.watching import outlived, worker_check
from tasks import engine_room
from tests.data.test_run_lock import ELSEWHERE
from tests.flows.conftest import InProcess, Server
from tests.flows.test_interrupts import config
from tests.standin.control import StandinControl


def once_asked(standin: StandinControl, calls: int, then: Callable[[], object]) -> threading.Thread:
    """Do something in another thread once so many calls have come."""

    def wait() -> None:
        ends = time.monotonic() + 60
        while standin.stats()["total"] < calls and time.monotonic() < ends:
            time.sleep(0.02)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_an_attempt_lives_in_the_state_it_entered_and_in_no_other() -> None:
    own = State(id=uuid4(), type=StateType.RUNNING)
    assert outlived(own.id, own) is None
    other = State(type=StateType.RUNNING, name="Retrying")
    assert isinstance(outlived(own.id, other), SupersededRunError)
    for kind in (StateType.SCHEDULED, StateType.CRASHED, StateType.FAILED, StateType.CANCELLED):
        assert isinstance(outlived(own.id, State(type=kind)), SupersededRunError)
    cancelling = outlived(own.id, State(type=StateType.CANCELLING))
    assert type(cancelling) is InterruptedRunError


def test_a_process_knows_when_its_parent_is_another() -> None:
    assert worker_check(os.getppid())() is None
    assert isinstance(worker_check(os.getppid() + 1)(), OrphanedRunError)


def test_a_reason_from_another_thread_stops_the_run_between_the_rounds() -> None:
    later = threading.Timer(0.1, stop_run, (OrphanedRunError("no worker"),))
    later.start()
    with pytest.raises(OrphanedRunError, match="no worker"), stops_on_signals():
        time.sleep(5)
    later.join()


def test_a_reason_while_shards_are_waited_for_is_heard_from_them(tmp_path: Path) -> None:
    from data.run_folder import RunFolder

    run = RunFolder(tmp_path)
    with stops_on_signals():
        with waiting_for_shards():
            stop_run(OrphanedRunError("no worker"))
            os.kill(os.getpid(), signal.SIGTERM)  # the worker's own, a moment later
            time.sleep(0.01)
        reason = engine_room.stop_reason(run)
    engine_room.close(run)
    assert isinstance(reason, JudgeflowError)
    assert str(reason) == "no worker"


def test_a_run_that_is_cancelled_on_the_server_stops_without_a_worker(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(latency=0.3)

    def cancel() -> None:
        run = prefect_server.flow_run("unwatched")["id"]
        state = {"state": {"type": "CANCELLING"}}
        prefect_server.post(f"/flow_runs/{run}/set_state", state)

    cancelling = once_asked(standin, 4, cancel)
    ended = quick("run", config(quick, standin, "unwatched"), "--run-dir", "unwatched")
    cancelling.join()
    assert (ended.code, "cancelled; Retry or" in ended.err) == (130, True)
    assert prefect_server.flow_run("unwatched")["state_type"] == "CANCELLED"
    stats = standin.stats()
    assert stats["completed"] == stats["total"] < 60


def test_a_run_that_is_taken_over_from_another_machine_stops_calling_and_writing(
    quick: InProcess, standin: StandinControl
) -> None:
    standin.script(latency=0.3)
    folder = quick.folder / "taken"

    def take() -> None:
        (folder / "theirs").write_text(holder_text(ELSEWHERE))
        (folder / "theirs").replace(folder / ".holder.json")

    taking = once_asked(standin, 4, take)
    ended = quick("run", config(quick, standin, "taken"), "--run-dir", folder)
    taking.join()
    assert ended.code == 2
    assert "was taken over by process" in ended.err
    stats = standin.stats()
    assert stats["completed"] == stats["total"] <= 4 + 2  # those in flight came back
    assert '"status": "running"' in (folder / "run.json").read_text()
    (folder / ".holder.json").unlink()  # the other machine is done
    standin.script()
    assert quick("resume", folder).code == 0
    after = standin.stats()
    assert (after["total"], after["most_completed_per_body"]) == (60, 1)
