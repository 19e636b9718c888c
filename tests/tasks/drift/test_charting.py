"""Charts from nights that are written down by hand."""

import pytest

from tasks.drift.charting import chart, settled
from tasks.drift.findings import canary_findings, findings
from tasks.drift.records import Accepted, Chart, Finding, Night, Series
from tasks.drift_config import DriftConfig

RULE = DriftConfig(baseline_runs=6, nights=30, charts=1)
STEADY = [0.80, 0.82, 0.81, 0.79, 0.81, 0.80]


def night(at: int, value: float | None, **changes: object) -> Night:
    given = {"night": f"2026-01-{at:02d}", "run": f"r{at}", "value": value, "asked": 200,
             "answered": 200, "versions": ("m-1",), "prints": {"the prompts": "p"}}  # fmt: skip
    return Night.model_validate(given | changes)


def nights(*values: float | None) -> list[Night]:
    return [night(at, value) for at, value in enumerate(values, 1)]


def charted(some: list[Night], rule: DriftConfig = RULE, series: Series | None = None) -> Chart:
    own = settled(series or Series(), some, rule)
    return chart("j", "anchor_agreement", own, some, rule)


def said(some: list[Night], rule: DriftConfig = RULE) -> list[Finding]:
    return list(findings(charted(some, rule), some, rule))


def test_a_judge_is_learned_before_it_is_watched() -> None:
    some = nights(*STEADY[:4])
    made = charted(some)
    assert (made.state, made.learned, made.needed) == ("learning", 4, 6)
    assert charted(nights(*STEADY, 0.81)).state == "watched"
    assert said(some) == []


def test_a_lasting_change_signals_with_its_night_and_its_size() -> None:
    made = charted(nights(*STEADY, 0.81, 0.80, 0.60, 0.61, 0.59))
    assert (made.state, made.since) == ("signal", "2026-01-09")
    assert made.size == pytest.approx(0.60 - 0.805, abs=1e-9)
    (found,) = said(nights(*STEADY, 0.81, 0.80, 0.60, 0.61, 0.59))
    assert found.fails
    assert "their change: nothing that we send or read has changed" in found.message
    up = charted(nights(*STEADY, 0.99, 0.98))
    assert up.size is not None
    assert up.size > 0


def test_the_configuration_may_let_signals_only_warn() -> None:
    (found,) = said(nights(*STEADY, 0.4), RULE.model_copy(update={"on_signal": "warn"}))
    assert not found.fails


def test_a_frozen_baseline_does_not_follow_later_nights() -> None:
    series = settled(Series(), nights(*STEADY), RULE)
    later = nights(*[0.1] * 6, 0.8)
    assert settled(series, later, RULE) == series
    assert charted(later, series=series).points[-1].z == pytest.approx(
        charted(nights(*STEADY, 0.8)).points[-1].z
    )


def test_nights_with_too_few_verdicts_are_shown_and_leave_the_sums_alone() -> None:
    some = [*nights(*STEADY, 0.78), night(8, 0.2, answered=100), night(9, 0.78)]
    made = charted(some)
    kept = charted([*some[:7], some[8]])
    assert made.points[7].left_out == "100 of 200 anchors have a verdict"
    assert made.points[7].below == made.points[6].below > 0
    assert made.points[8].below == pytest.approx(kept.points[7].below)
    assert charted([night(1, 0.2, answered=10), *nights(*STEADY)[1:]]).learned == 5


def test_too_many_nights_without_a_point_fail() -> None:
    bad = [night(at, None, answered=0) for at in (7, 8, 9)]
    assert [f.fails for f in said([*nights(*STEADY), *bad[:2]])] == [False]
    assert [f.fails for f in said([*nights(*STEADY), *bad])] == [True]


def test_another_model_version_is_said_at_once_and_begins_a_baseline_anew() -> None:
    some = [*nights(0.8, 0.81), night(3, 0.8, versions=("m-2",))]
    (found,) = said(some)
    assert (found.kind, found.fails) == ("version", False)
    assert "reports model version 'm-2', on 2026-01-02 it was 'm-1'" in found.message
    assert charted(some).learned == 1


def test_a_signal_names_the_version_or_our_own_change() -> None:
    theirs = [*nights(*STEADY), night(7, 0.3, versions=("m-2",))]
    assert "their change, because the endpoint reports 'm-2' instead of 'm-1'" in (
        said(theirs)[0].message
    )
    ours = [*nights(*STEADY), night(7, 0.8, prints={"the prompts": "q"})]
    (told,) = said(ours)
    assert (told.kind, told.fails) == ("ours", False)
    ours.append(night(8, 0.3, prints={"the prompts": "q"}))
    assert "perhaps our change: the prompts changed on 2026-01-07" in said(ours)[0].message


def test_what_we_changed_later_is_not_to_blame() -> None:
    some = [*nights(*STEADY, 0.6, 0.6), night(9, 0.6, prints={"the prompts": "q"})]
    (signal,) = said(some)
    assert "their change: the prompts changed only later, on 2026-01-09" in signal.message


def decision(at: int, learn: bool) -> Accepted:
    return Accepted(after=f"2026-01-{at:02d}", learn=learn, why="so", who="me", at="now")


def test_accepting_learns_a_new_baseline_from_the_next_night() -> None:
    some = nights(*STEADY, 0.4, 0.41)
    series = Series(accepted=(decision(8, learn=True),))
    assert charted(some, series=series).learned == 0
    more = [*some, *(night(9 + at, 0.4 + v - 0.8) for at, v in enumerate(STEADY)), night(15, 0.4)]
    made = charted(more, series=series)
    assert (made.state, made.points[0].night) == ("watched", "2026-01-09")


def test_what_is_over_starts_the_sums_at_zero_and_keeps_the_baseline() -> None:
    some = nights(*STEADY, 0.4, 0.41)
    known = settled(Series(), some, RULE)
    over = known.model_copy(update={"accepted": (decision(8, learn=False),)})
    made = charted([*some, night(9, 0.80)], series=over)
    assert made.state == "watched"
    assert made.points[-1].below == 0
    assert made.baseline == known.baseline
    again = charted([*some, night(9, 0.4)], series=over)
    assert (again.state, again.since) == ("signal", "2026-01-09")


def test_canaries_that_used_to_pass_and_do_not_are_told() -> None:
    made = charted(nights(*STEADY))
    tonight = {"blank": (0, 3), "format": (3, 3), "defect": (0, 1)}
    usual = {"blank": 0.9, "format": 1.0, "defect": 1.0, "injection": 1.0}
    (found,) = canary_findings(made, tonight, usual)
    assert "none of 3 canaries of kind 'blank' passed; 90% did" in found.message
