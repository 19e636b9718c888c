"""How a run's end is written down where somebody else may have been at it, or Retry is no help."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from data.errors import HostError, IncompleteError
from data.run_folder import RunFolder
from flows import endings, holding
from flows.reaping import _died, _mark
from tests.flows.conftest import ROOT
from tests.tasks.gate.runs import a_run


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
