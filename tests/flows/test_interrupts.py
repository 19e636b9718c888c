"""Ctrl-C, cancel and SIGKILL: nothing lost, nothing paid twice but what was in flight."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.errors import InterruptedRunError
from flows.stopping import stops_on_signals, waiting_for_shards
from tasks import engine_room
from tests.flows.conftest import InProcess, Server, Terminal
from tests.standin.control import StandinControl

ITEMS = 60
AT_ONCE = 2


def config(terminal: Terminal, standin: StandinControl, name: str, **changes: Any) -> Path:
    judge = {
        "name": "gpt",
        "client": "openai",
        "model": "m",
        "base_url": standin.openai_url,
        "concurrency": AT_ONCE,
    }
    own = {"cache": str(terminal.folder / f"cache-{name}"), "shard_size": 25}
    base: dict[str, Any] = {"judges": [judge], "modes": ["score"], "limit": ITEMS}
    return terminal.config(name, **(base | own | changes))


def wait_for_calls(standin: StandinControl, total: int, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + 60
    while standin.stats()["total"] < total and process.poll() is None:
        assert time.monotonic() < ends, "the run asked nothing for a minute"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.prove)]
)
def test_an_interrupt_keeps_what_was_in_flight_and_cancels_the_run(
    judgeflow: Terminal,
    quick: InProcess,
    standin: StandinControl,
    prefect_server: Server,
    number: signal.Signals,
) -> None:
    standin.script(latency=0.3)
    folder = judgeflow.folder / f"run-{number.name}"
    process = judgeflow.start("run", config(judgeflow, standin, "cut"), "--run-dir", folder)
    wait_for_calls(standin, 8, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert f"stopped by {number.name}; `judgeflow resume` continues the run" in err
    assert "Traceback" not in err
    assert prefect_server.flow_run(folder.name)["state_type"] == "CANCELLED"
    before = standin.stats()
    assert before["completed"] == before["total"] < ITEMS  # nobody was cut off mid-answer
    standin.script()
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, ended.err
    after = standin.stats()
    assert (after["total"], after["most_completed_per_body"]) == (ITEMS, 1)


@pytest.mark.parametrize(
    "kills",
    [
        3,
        pytest.param(40, marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
    ],
)
def test_killed_and_resumed_pays_again_for_the_calls_in_flight_only(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl, kills: int
) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    standin.script(latency=0.1)
    folder = judgeflow.folder / "killed"
    items = 6 * kills
    size = {"modes": ["score", "pair"], "limit": items}
    path = config(judgeflow, standin, "killed", **size)
    words: tuple[object, ...] = ("run", path, "--run-dir", folder)
    killed = 0
    while killed < kills:
        process = judgeflow.start(*words)
        if killed % 5:
            wait_for_calls(standin, standin.stats()["total"] + moments.randint(1, 6), process)
        time.sleep(moments.uniform(0.0, 0.2 if killed % 5 else 4.0))
        process.kill()
        _, err = process.communicate(timeout=30)
        killed += process.returncode == -signal.SIGKILL
        if (folder / "run.json").exists():
            words = ("resume", folder)
        assert process.returncode in {0, -signal.SIGKILL}, f"seed {seed}: {err}"
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, f"seed {seed}: {ended.err}"
    bodies = standin.stats()["bodies"].values()
    completed = [body["completed"] for body in bodies]
    assert len(completed) == items
    assert min(completed) == 1, f"seed {seed}"
    assert sum(completed) - items <= AT_ONCE * kills, f"seed {seed}"
    answers = pl.read_parquet(folder / "answers.parquet")
    assert (answers.height, answers["request_key"].n_unique()) == (items, items)
    assert set(answers["status"]) == {"answered"}

    standin.script()
    calm = quick("run", config(quick, standin, "calm", **size), "--run-dir", quick.folder / "calm")
    assert calm.code == 0, calm.err
    undisturbed = (quick.folder / "calm" / "estimates.parquet").read_bytes()
    assert (folder / "estimates.parquet").read_bytes() == undisturbed, f"seed {seed}"


def test_a_signal_between_the_rounds_stops_at_once() -> None:
    with pytest.raises(InterruptedRunError, match="SIGINT"), stops_on_signals():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)


def test_a_signal_before_the_first_shard_started_is_not_forgotten(tmp_path: Path) -> None:
    from data.run_folder import RunFolder

    run = RunFolder(tmp_path)
    with stops_on_signals(), waiting_for_shards():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        assert isinstance(engine_room.stop_reason(run), InterruptedRunError)
    engine_room.close(run)
    assert engine_room.stop_reason(run) is None
