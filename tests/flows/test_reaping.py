"""Runs that nobody works on are found, also when the server could not be told at first."""

from uuid import uuid4

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
