"""Commands that look at a run say that it is unfinished, and which command finishes it."""

import pytest

from data.run_lock import RunLock
from flows.opening import open_run
from flows.running import _never_begun
from tests.flows.conftest import InProcess


@pytest.mark.parametrize("command", ["report", "card", "reparse", "view"])
def test_an_unfinished_run_is_called_so(offline: InProcess, command: str) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    ended = offline(command, run.path)
    assert ended.code == 2
    assert "run 'run' is unfinished and has no table" in ended.err
    assert f"`judgeflow resume {run.path}` finishes it" in ended.err
    assert len(ended.err.strip().splitlines()) == 1


@pytest.mark.parametrize("words", ["report", "card", "reparse", "view", "rerun --stage report"])
def test_a_run_without_its_configuration_is_told_in_one_line(
    offline: InProcess, words: str
) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    for name in ("samples", "verdicts", "estimates"):
        (run.path / f"{name}.parquet").touch()  # not looked at before the configuration
    (run.path / "config.yaml").unlink()
    offline.server = ""
    ended = offline(*words.split(), run.path)
    (line,) = ended.err.strip().splitlines()
    assert (ended.code, "has lost its file 'config.yaml'; put it back" in line) == (2, True)


def test_a_server_that_does_not_answer_is_told_before_there_is_a_folder(offline: InProcess) -> None:
    ended = offline("run", offline.config())
    (line,) = ended.err.strip().splitlines()
    assert ended.code == 2
    assert line.startswith("judgeflow: no Prefect server answers at 'http://127.0.0.1:9/api'")
    assert not (offline.folder / "runs").exists()
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    assert offline("resume", run.path).code == 2
    assert "attempts" not in run.facts()


def test_a_run_that_prefect_has_never_begun_is_not_left_as_running(offline: InProcess) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    with RunLock(run.path):
        _never_begun(run, "Prefect is gone")
        assert run.facts()["status"] == "running"  # somebody works on it
    _never_begun(run, "Prefect is gone")
    assert (run.facts()["status"], run.facts()["error"]) == ("failed", "Prefect is gone")


def test_a_resume_that_is_refused_leaves_no_word_in_the_run(offline: InProcess) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    run.note(flow="nightly", accept_baseline=True, overrides={"samples": "known"})
    offline.server = ""  # not looked for
    with RunLock(run.path):
        ended = offline("resume", run.path, "--override", "images", "--why", "x")
    assert (ended.code, "is being worked on" in ended.err) == (2, True)
    facts = run.facts()
    assert (facts["accept_baseline"], facts["overrides"]) == (True, {"samples": "known"})
