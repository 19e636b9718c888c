"""What an interval says: shown worse, shown no worse, or too few images to tell."""

import pytest

from tasks.config import GateConfig, SmallestDifference
from tasks.gate.rule import Rule, fails, finding


@pytest.mark.parametrize(
    ("low", "high", "p", "found"),
    [
        (0.0, 0.0, 1.0, "same"),
        (-0.20, -0.02, 0.001, "regression"),  # shown worse, and by 0.05 or more for all we know
        (-0.20, -0.02, 0.2, "undecided"),  # the exchange test does not agree
        (-0.04, -0.01, 0.001, "slightly worse"),  # worse by less than matters
        (-0.20, 0.10, 0.2, "undecided"),
        (-0.04, 0.10, 0.2, "no worse"),
        (0.01, 0.10, 0.9, "better"),
        (None, None, 1.0, "not defined"),
    ],
)
def test_a_finding_follows_from_the_interval_and_the_smallest_difference(
    low: float | None, high: float | None, p: float, found: str
) -> None:
    assert finding((low, high), "higher", p, smallest=0.05, each=0.025) == found


def test_where_lower_is_better_a_rise_is_worse() -> None:
    assert finding((0.02, 0.20), "lower", 0.001, smallest=0.05, each=0.025) == "regression"
    assert finding((-0.20, -0.02), "lower", 0.9, smallest=0.05, each=0.025) == "better"


def test_the_promise_is_shared_between_the_tests() -> None:
    rule = Rule(GateConfig(false_alarms=0.06, smallest_difference=SmallestDifference(pair=0.1)), 3)
    assert rule.each == pytest.approx(0.02)
    assert rule.level == pytest.approx(0.96)
    assert (rule.smallest("pair"), rule.smallest("score")) == (0.1, 0.05)


def test_non_inferiority_must_be_shown_where_it_is_asked_for() -> None:
    lenient, strict = GateConfig(), GateConfig(rule="non-inferiority")
    assert [fails("undecided", each) for each in (lenient, strict)] == [False, True]
    assert [fails("regression", each) for each in (lenient, strict)] == [True, True]
    for good in ("same", "slightly worse", "better", "no worse"):
        assert not fails(good, strict)
