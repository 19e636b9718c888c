"""Other treatments of unreadable verdicts change what was missing and nothing else."""

import pytest

from data.records import Scale
from tasks.config import BootstrapConfig
from tasks.measures import by_profile
from tasks.measures.profiles import PROFILES, treated
from tests.tasks.measures.conftest import samples, verdicts

QUICK = BootstrapConfig(replicates=100)
SCALE = Scale(low=1, high=5)


def headline(mode: str, labels: list[str], said: list[str | None]) -> dict[str, float]:
    (row,) = by_profile(samples(mode, labels), verdicts(mode, said), SCALE, QUICK).to_dicts()
    return row


def test_pairs_move_by_the_treatment() -> None:
    found = headline("pair", ["A", "B", "C", "A"], ["A", "B", None, None])
    assert found["paper"] == 1.0
    assert found["tie"] == found["minus-one"] == pytest.approx(3 / 4)
    assert found["wrong"] == pytest.approx(2 / 4)
    assert found["wrong"] <= found["coin"] <= 3 / 4


def test_scores_take_the_middle_the_farthest_or_minus_one() -> None:
    frame = samples("score", ["1", "4", "5", "3"])
    given = verdicts("score", [None, None, "5", None])
    said = {
        profile: treated(frame, given, profile, SCALE)["verdict"].to_list() for profile in PROFILES
    }
    assert said["paper"] == [None, None, "5", None]
    assert said["tie"] == ["3", "3", "5", "3"]
    assert said["wrong"] == ["5", "1", "5", "5"]
    assert said["minus-one"] == ["-1", "-1", "5", "-1"]
    assert set(said["coin"]) <= set("12345")
    assert said["coin"] == treated(frame, given, "coin", SCALE)["verdict"].to_list()


def test_rankings_are_reversed_drawn_or_left_out() -> None:
    frame, given = samples("batch", ["ABCD", "DCBA"]), verdicts("batch", [None, "DCBA"])
    assert treated(frame, given, "wrong", SCALE)["verdict"].to_list() == ["DCBA", "DCBA"]
    assert treated(frame, given, "tie", SCALE).equals(given)
    (drawn, _) = treated(frame, given, "coin", SCALE)["verdict"]
    assert sorted(drawn) == list("ABCD")


def test_without_missing_verdicts_nothing_moves() -> None:
    frame, given = samples("score", list("12345")), verdicts("score", list("13345"))
    for profile in PROFILES:
        assert treated(frame, given, profile, SCALE).equals(given)
