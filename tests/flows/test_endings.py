"""How a run's end is written down where somebody else may have been at it, or Retry is no help."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from cache import redis_server
from data.errors import BudgetError, HostError, IncompleteError, SupersededRunError
from data.run_folder import RunFolder
from flows import endings, graph, holding
from flows.reaping import _died, _mark, _worked_on
from flows.stopping import stop_run
from tasks import engine_room, steps
from tests.flows.conftest import ROOT
from tests.tasks.gate.runs import a_run, gated


def test_a_run_that_was_continued_and_ended_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    attempt = {"pid": 1, "host": "h", "flow_run": str(uuid4()), "state": str(uuid4())}
    run = RunFolder.create(tmp_path / "run", {}, status="running", attempts=[attempt])
    assert _died(run.path)
    run.note(status="complete")
    assert not _mark(cast("Any", None), run.path)
    assert run.facts()["status"] == "complete"


def test_a_run_whose_first_words_to_the_server_fail_is_not_left_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise HostError("the server is gone")

    run = a_run(tmp_path, 1)
    monkeypatch.setattr(holding, "name_flow_run", fail)
    with pytest.raises(HostError), holding.held(run):
        pass
    assert (run.facts()["status"], run.facts()["exit_code"]) == ("failed", 2)


def test_a_complete_run_stays_so_until_its_verdicts_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("name_flow_run", "say_start", "publish_checkpoints"):
        monkeypatch.setattr(holding, name, lambda *_: None)
    run = a_run(tmp_path, 1)
    gated(run)
    with pytest.raises(BudgetError), holding.held(run, stage="judge"):
        assert _worked_on(run.facts())
        raise BudgetError("the limit is reached")
    ended = run.facts()
    assert (ended["status"], ended["attempts"][-1]["error"]) == ("complete", "the limit is reached")
    assert not _worked_on(ended)
    run.note(again=True)  # as SIGKILL leaves it
    assert _died(run.path)
    assert not _mark(cast("Any", None), run.path)  # no flow run to tell of
    assert (run.facts()["status"], run.facts()["again"]) == ("complete", None)
    monkeypatch.setattr(steps, "collect_verdicts", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError), holding.held(run, stage="judge") as here:
        graph.measure(here)
    assert run.facts()["status"] == "failed"


def test_an_error_after_the_end_is_noted_and_the_run_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("name_flow_run", "say_start"):
        monkeypatch.setattr(holding, name, lambda *_: None)
    run = a_run(tmp_path, 1)
    with pytest.raises(HostError), holding.held(run):
        run.note(status="complete", finished="now")  # as `graph.finish` does before the page
        raise HostError("the page cannot be written")
    ended = run.facts()
    assert (ended["status"], ended["error"]) == ("complete", None)
    assert ended["attempts"][-1]["error"] == "the page cannot be written"


def test_a_stage_that_asks_nothing_needs_no_server_of_the_call_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("name_flow_run", "say_start", "publish_checkpoints"):
        monkeypatch.setattr(holding, name, lambda *_: None)
    monkeypatch.setattr(redis_server, "PATIENCE_S", 0.0)
    run = a_run(tmp_path, 1)
    text = run.text("config.yaml")
    run.write_text("config.yaml", json.dumps(json.loads(text) | {"cache": "redis://127.0.0.1:9"}))
    for stage in ("images", "measure", "report"):
        with holding.held(run, stage=stage):
            pass
    with pytest.raises(HostError, match="the call cache"), holding.held(run, stage="judge"):
        pass


def test_a_word_to_stop_that_comes_late_does_not_stop_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("name_flow_run", "say_start"):
        monkeypatch.setattr(holding, name, lambda *_: None)
    run = a_run(tmp_path, 1)
    stop_run(SupersededRunError("the server has moved on"))  # by a watch of the run before
    with holding.held(run):
        assert engine_room.stop_reason(run) is None


def test_retry_is_named_where_it_asks_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "deployment", SimpleNamespace(id="any"))
    rows = endings.ending(IncompleteError("2 are open; `judgeflow resume R` asks them again"))
    assert str(rows.message).endswith("asks them again, and so does Retry")
    low = endings.ending(IncompleteError("coverage is below the floor of 90%: gpt 40.0%"))
    assert str(low.message).endswith("gpt 40.0%")


def test_a_log_that_nobody_reads_any_more_ends_nothing(tmp_path: Path) -> None:
    writes = (
        "import logging, sys\n"
        "from prefect.logging.configuration import setup_logging\n"
        "setup_logging()\n"
        "from flows.story import outlive_the_reader\n"
        "outlive_the_reader()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(3): logging.getLogger('prefect.story').error('a line')\n"
        f"open({str(tmp_path / 'went-on')!r}, 'w').close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", writes], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        assert "ready" in process.stdout.readline()
        process.stdout.close()  # the reader goes
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(30) == 0
    assert (tmp_path / "went-on").exists()
