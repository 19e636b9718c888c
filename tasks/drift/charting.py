"""From nights to a chart: learning the baseline, leaving nights out, the sums, the change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasks.drift.cusum import Sums, began, cusum, deviation, standardised
from tasks.drift.limits import limit
from tasks.drift.records import EXPLAIN_REQUESTS, REQUESTS, Baseline, Chart, Night, Point, Series
from tasks.drift_config import DriftConfig


def left_out(night: Night, rule: DriftConfig) -> str | None:
    """Why a night gives no point: too few of its anchors have a readable verdict."""
    share = night.answered / max(night.asked, 1)
    if night.value is not None and share >= rule.min_answered:
        return None
    return f"{night.answered} of {night.asked} anchors have a verdict"


def learn(nights: Sequence[Night], rule: DriftConfig) -> tuple[list[Night], str | None]:
    """The nights that a baseline rests on so far, and why they begin later than they could.

    A baseline is of one judge: where what we ask, how we read, or the reported model version
    changes while it is learned, it begins anew.
    """
    kept: list[Night] = []
    again = None
    for night in nights:
        if left_out(night, rule) is not None:
            continue
        if kept and (night.prints, night.versions) != (kept[-1].prints, kept[-1].versions):
            again = f"begun anew on {night.night}, {changed_words(kept[-1], night)}"
            kept = []
        kept.append(night)
        if len(kept) == rule.baseline_runs:
            break
    return kept, again


def ours(before: Night | Baseline, after: Night) -> list[str]:
    """What of our own making is different between two nights: what is sent, how it is read."""
    names = {*before.prints, *after.prints}
    found = {name for name in names if before.prints.get(name) != after.prints.get(name)}
    return sorted(found - {REQUESTS} if found & EXPLAIN_REQUESTS else found)


def reported(night: Night | Baseline) -> str:
    """The model versions that answered, in words."""
    return ", ".join(night.versions) or "none"


def changed_words(before: Night | Baseline, after: Night) -> str:
    """What is different between two nights, besides the answers."""
    if names := ours(before, after):
        return f"because {', '.join(names)} changed"
    return f"because the endpoint reports {reported(after)!r} instead of {reported(before)!r}"


def settled(series: Series, nights: Sequence[Night], rule: DriftConfig) -> Series:
    """The series with its baseline, once enough nights are there; a frozen one stays."""
    if series.baseline is not None:
        return series
    kept, _ = learn(_since(nights, _after(series, learning=True)), rule)
    if len(kept) < rule.baseline_runs:
        return series
    values = [float(night.value or 0.0) for night in kept]
    baseline = Baseline(
        mean=sum(values) / len(values),
        sd=deviation(values, min(night.asked for night in kept)),
        nights=tuple(night.night for night in kept),
        versions=kept[-1].versions,
        prints=kept[-1].prints,
    )
    return series.model_copy(update={"baseline": baseline})


def chart(
    judge: str, statistic: str, series: Series, nights: Sequence[Night], rule: DriftConfig
) -> Chart:
    """The chart of a judge from all its nights, oldest first; `rule.charts` must be known.

    Nights before the last accepted baseline are not in it.
    """
    own = _since(nights, _after(series, learning=True))
    baseline = series.baseline
    common = {"judge": judge, "statistic": statistic}
    if baseline is None:
        kept, again = learn(own, rule)
        points = tuple(_point(n, rule, learning=True) for n in own)
        return Chart(
            **common, state="learning", learned=len(kept), needed=rule.baseline_runs,
            again=again, points=points,
        )  # fmt: skip
    runs, last = len(baseline.nights), baseline.nights[-1]
    learned = [_point(night, rule, learning=True) for night in own if night.night <= last]
    watched = _watched([n for n in own if n.night > last], series, rule, baseline)
    bound = limit(rule.charts or 1, rule.false_alarms, rule.nights, runs)
    points = (*learned, *watched)
    restart = _after(series, learning=False)
    since, size = _change([p for p in watched if p.night > restart], baseline, bound)
    return Chart(
        **common, state="signal" if since else "watched", learned=runs, needed=runs,
        baseline=baseline, limit=bound, points=points, since=since, size=size,
    )  # fmt: skip


def _watched(
    nights: Sequence[Night], series: Series, rule: DriftConfig, baseline: Baseline
) -> list[Point]:
    """The points after the baseline; sums start at zero again where a person said so."""
    restart = _after(series, learning=False)
    found: list[Point] = []
    for part in ([n for n in nights if n.night <= restart], _since(nights, restart)):
        counted = [night for night in part if left_out(night, rule) is None]
        values = np.array([float(night.value or 0.0) for night in counted])
        mean, sd = np.array(baseline.mean), np.array(baseline.sd)
        z = standardised(values, mean, sd, len(baseline.nights))
        sums = cusum(z)
        at, given = 0, {n.night: (z[i], i) for i, n in enumerate(counted)}
        for night in part:
            own = given.get(night.night)
            at = own[1] + 1 if own else at
            update = _sums(sums, at) | {"z": float(own[0]) if own else None}
            found.append(_point(night, rule).model_copy(update=update))
    return found


def _sums(sums: Sums, at: int) -> dict[str, float]:
    """The sums after so many counted nights; a night that is left out leaves them as they are."""
    if at == 0:
        return {"above": 0.0, "below": 0.0}
    return {"above": float(sums.above[at - 1]), "below": float(sums.below[at - 1])}


def _change(
    points: Sequence[Point], baseline: Baseline, bound: float
) -> tuple[str | None, float | None]:
    """The first night of a change that the sums signal now, and its mean size in points.

    The size is the mean of the nights since; chosen for standing out, it is rather too large.
    """
    if not points or max(points[-1].above, points[-1].below) <= bound:
        return None, None
    up = points[-1].above >= points[-1].below
    counted = [point for point in points if point.z is not None]
    first = began([point.above if up else point.below for point in counted])
    moved = [float(point.value or 0.0) - baseline.mean for point in counted[first:]]
    return counted[first].night, sum(moved) / len(moved)


def _point(night: Night, rule: DriftConfig, learning: bool = False) -> Point:
    return Point(
        night=night.night, value=night.value, low=night.low, high=night.high,
        learning=learning, left_out=left_out(night, rule),
    )  # fmt: skip


def _since(nights: Sequence[Night], after: str) -> list[Night]:
    return [night for night in nights if night.night > after]


def _after(series: Series, learning: bool) -> str:
    """The night after which the newest decision of a kind holds; empty for none."""
    return max((each.after for each in series.accepted if each.learn == learning), default="")
