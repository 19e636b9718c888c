"""Runs that nobody works on are found, also when the server could not be told at first."""

import time
from contextlib import nullcontext
from types import SimpleNamespace
from uuid import uuid4

import pytest

from flows import reaping
from flows.opening import open_run
from tests.flows.conftest import InProcess


def test_a_run_left_behind_is_found_again_where_the_server_did_not_answer(
    offline: InProcess,
) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "runs" / "run"), None)
    attempt = {"flow_run": str(uuid4()), "state": str(uuid4()), "pid": 1, "host": "here"}
    run.note(status="running", attempts=[attempt])
    for _ in range(2):
        ended = offline("reap", "runs")
        assert ended.code == 2
        assert "the Prefect server does not answer" in ended.err
        assert run.facts()["status"] == "running"


def test_a_server_that_is_starting_is_waited_for(
    offline: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Exception | None] = [OSError("not yet"), OSError("not yet"), None]
    waited: list[float] = []
    client = SimpleNamespace(api_healthcheck=lambda: answers.pop(0))
    monkeypatch.setattr(reaping, "server", lambda: nullcontext(client))
    monkeypatch.setattr(reaping, "_mark", lambda *_: not answers)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=waited.append)
    monkeypatch.setattr(reaping, "time", clock)
    run = open_run(str(offline.config()), str(offline.folder / "runs" / "run"), None)
    assert offline("reap", "runs", "--wait", 60, "--json").json == []  # none is left behind
    run.note(attempts=[{"pid": 1}])
    assert offline("reap", "runs", "--wait", 60, "--json").json == ["run"]
    assert waited == [1.0, 1.0]
