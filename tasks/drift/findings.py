"""What charts say to a person: signals with their cause, blind judges, versions, our changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tasks.drift.charting import changed_words, left_out, ours, reported
from tasks.drift.records import Chart, Finding, Night
from tasks.drift_config import DriftConfig

ACCEPT = "`judgeflow anchors accept` takes the new level for its baseline"
FEWEST_CANARIES = 2  # of a kind, below which nothing is said of it
USUALLY = 0.5  # share of a kind's canaries that pass, above which a night without any is told


def findings(chart: Chart, nights: Sequence[Night], rule: DriftConfig) -> Iterator[Finding]:
    """What there is to say of a judge after its newest night, the worst first."""
    if not nights:
        return
    name = called(chart)
    if chart.state == "signal":
        fails = rule.on_signal == "fail"
        said = f"{name}: {_moved(chart)}; {_cause(chart, nights)}; {ACCEPT}"
        yield Finding(judge=chart.judge, kind="signal", message=said, fails=fails)
    yield from _blind(chart, nights, rule)
    if len(nights) > 1 and (was := nights[-2]).versions and was.versions != nights[-1].versions:
        said = f"{name}: the endpoint reports model version {reported(nights[-1])!r}, "
        said += f"on {was.night} it was {reported(was)!r}"
        yield Finding(judge=chart.judge, kind="version", message=said)
    if chart.state == "watched" and chart.baseline and (names := ours(chart.baseline, nights[-1])):
        said = f"{name}: {', '.join(names)} changed on {_changed_on(chart, nights)}, after the "
        said += f"baseline was learned: a signal may be of our own making; {ACCEPT}"
        yield Finding(judge=chart.judge, kind="ours", message=said)


def called(chart: Chart) -> str:
    """The judge's name as it stands in a line; simulated ones say so."""
    return f"judge {chart.judge!r}" + (" (simulated)" if chart.simulated else "")


def _moved(chart: Chart) -> str:
    """What moved, since when, by how much, and how far beyond the limit."""
    assert chart.baseline is not None
    assert chart.size is not None
    way = "above" if chart.size > 0 else "below"
    nights = sum(p.z is not None and p.night >= str(chart.since) for p in chart.points)
    return (
        f"drift since {chart.since}: {chart.statistic} {abs(chart.size):.3f} points {way} its "
        f"baseline of {chart.baseline.mean:.3f} over {nights} nights "
        f"(CUSUM {max(chart.last.above, chart.last.below):.1f}, limit {chart.limit:.1f})"
    )


def _cause(chart: Chart, nights: Sequence[Night]) -> str:
    """Whose change it is, as far as fingerprints tell."""
    assert chart.baseline is not None
    now = nights[-1]
    if names := ours(chart.baseline, now):
        on = _changed_on(chart, nights)
        if on > str(chart.since):
            return f"their change: {', '.join(names)} changed only later, on {on}"
        return f"perhaps our change: {', '.join(names)} changed on {on}"
    if chart.baseline.versions != now.versions:
        return f"their change, {changed_words(chart.baseline, now)}"
    return "their change: nothing that we send or read has changed"


def _changed_on(chart: Chart, nights: Sequence[Night]) -> str:
    """The first night that is asked or read otherwise than the baseline was, up to the newest."""
    assert chart.baseline is not None
    first = nights[-1].night
    for night in reversed(nights):
        if not ours(chart.baseline, night):
            break
        first = night.night
    return first


def _blind(chart: Chart, nights: Sequence[Night], rule: DriftConfig) -> Iterator[Finding]:
    """A newest night without a point; it fails once there are too many in a row."""
    why = left_out(nights[-1], rule)
    if why is None:
        return
    row = 0
    for night in reversed(nights):
        if left_out(night, rule) is None:
            break
        row += 1
    fails = row >= rule.blind_nights and rule.on_signal == "fail"
    said = f"{called(chart)}: {why}, which is too few for a point ({rule.min_answered:.0%} are "
    said += f"needed); night {row} in a row" if row > 1 else "needed)"
    yield Finding(judge=chart.judge, kind="blind", message=said, fails=fails)


def canary_findings(
    chart: Chart, passed: Mapping[str, tuple[int, int]], usual: Mapping[str, float]
) -> Iterator[Finding]:
    """A kind of canary of which none passed tonight, though most did on the nights before.

    Args:
        chart: the judge's.
        passed: by kind, how many passed and how many were asked tonight.
        usual: by kind, the share that passed on the nights before.
    """
    for kind, (right, asked) in passed.items():
        before = usual.get(kind)
        if asked >= FEWEST_CANARIES and right == 0 and before is not None and before > USUALLY:
            said = f"{called(chart)}: none of {asked} canaries of kind {kind!r} passed; "
            said += f"{before:.0%} did on the nights before"
            yield Finding(judge=chart.judge, kind="canary", message=said)
