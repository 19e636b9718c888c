"""Progress: counts, a line now and then, a bar that can be watched and leaves no trace."""

from dataclasses import dataclass
from typing import Any

import pytest

from flows import meter


@dataclass
class Outcome:
    answer: Any = "yes"
    cached: bool = False


def heard(shown: meter.Lines | meter.Bar) -> None:
    shown.expect(4)
    for outcome in (Outcome(), Outcome(cached=True), Outcome(answer=None)):
        shown.hear(outcome)


def test_nothing_is_said_before_ten_seconds_have_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    heard(meter.Lines())
    assert capsys.readouterr().err == ""


def test_a_line_says_what_there_is_and_what_became_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "LINE_EVERY_S", -1.0)  # every outcome is worth a line
    heard(meter.Lines())
    assert capsys.readouterr().err.splitlines() == [
        "1 of 4 requests: 1 answered, 0 from the cache",
        "2 of 4 requests: 1 answered, 1 from the cache",
        "3 of 4 requests: 1 answered, 1 from the cache, 1 without an answer",
    ]


def test_a_bar_counts_and_goes_away(capsys: pytest.CaptureFixture[str]) -> None:
    bar = meter.Bar()
    heard(bar)
    bar.close()
    assert "Traceback" not in capsys.readouterr().err
    assert str(bar._counts) == "1 answered, 1 from the cache, 1 without an answer"
