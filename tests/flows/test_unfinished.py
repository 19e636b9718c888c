"""Commands that look at a run say that it is unfinished, and which command finishes it."""

import pytest

from flows.opening import open_run
from tests.flows.conftest import InProcess


@pytest.mark.parametrize("command", ["report", "card", "reparse", "view"])
def test_an_unfinished_run_is_called_so(offline: InProcess, command: str) -> None:
    run = open_run(str(offline.config()), str(offline.folder / "run"), None)
    ended = offline(command, run.path)
    assert ended.code == 2
    assert "run 'run' is unfinished and has no table" in ended.err
    assert f"`judgeflow resume {run.path}` finishes it" in ended.err
    assert len(ended.err.strip().splitlines()) == 1
