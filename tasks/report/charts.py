"""Charts as inline SVG: drawn from given rows, computing nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

INK, GREY, CROSS = "#0b5c8a", "#8a8f98", "#b4540a"


def intervals(rows: Sequence[dict[str, Any]], metric: str) -> str:
    """A dot with its interval for every judge of a board; the undefined are left out."""
    import altair as alt

    values = [
        {
            "judge": f"{row['name']} · {row['setting']}",
            "value": row["value"],
            "low": row["low"] if row["low"] is not None else row["value"],
            "high": row["high"] if row["high"] is not None else row["value"],
            "kind": "baseline" if row["baseline"] else "judge",
        }
        for row in rows
        if row["value"] is not None
    ]
    if not values:
        return ""
    order = [value["judge"] for value in values]
    color = alt.Color(
        "kind:N", scale=alt.Scale(domain=["judge", "baseline"], range=[INK, GREY]), legend=None
    )
    room = min(420, 7 * max(map(len, order)) + 10)  # the reader's font may be wider than ours
    axis = alt.Axis(labelLimit=420, minExtent=room, title=None, domain=False, ticks=False)
    base = alt.Chart(alt.InlineData(values)).encode(
        y=alt.Y("judge:N", sort=order, axis=axis), color=color
    )
    x = alt.X("low:Q", title=metric, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True))
    bars = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(x="value:Q")
    return svg((bars + dots).properties(width=520, height={"step": 22}), f"{metric} by judge")


def confusion(rows: Sequence[dict[str, Any]], name: str) -> str:
    """Counts of verdicts (columns) by label (rows) as a heat map with its numbers."""
    import altair as alt

    if not rows or len({row["verdict"] for row in rows}) > 12:
        return ""
    most = max(row["count"] for row in rows)
    values = [{**row, "dark": row["count"] > most / 2} for row in rows]
    keys = sorted({*(r["label"] for r in rows), *(r["verdict"] for r in rows)}, key=_level)
    base = alt.Chart(alt.InlineData(values)).encode(
        x=alt.X("verdict:N", title="judge", sort=keys, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("label:N", title="label", sort=keys),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("count:Q", scale=alt.Scale(scheme="blues", domainMin=0), legend=None)
    )
    text = base.mark_text(fontSize=11).encode(
        text="count:Q",
        color=alt.condition("datum.dark", alt.value("white"), alt.value("#222")),
    )
    chart = (cells + text).properties(width=34 * len(keys), height=30 * len(keys))
    return svg(chart, f"verdicts of {name} by label")


def calibration(rows: Sequence[dict[str, Any]], name: str) -> str:
    """Share right by mean confidence, a dot a bin, beside the line on which both are equal."""
    import altair as alt

    scale = alt.Scale(domain=[0, 1])
    x = alt.X("confidence_in_bin:Q", title="mean confidence", scale=scale)
    y = alt.Y("right_in_bin:Q", title="share right", scale=scale)
    ends = alt.InlineData([{"confidence_in_bin": at, "right_in_bin": at} for at in (0, 1)])
    line = alt.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y)
    base = alt.Chart(alt.InlineData(list(rows))).encode(x=x, y=y)
    path = base.mark_line(color=INK, strokeWidth=1).encode(order="bin:Q")
    dots = base.mark_point(color=INK, filled=True, size=50, opacity=1)
    chart = (line + path + dots).properties(width=260, height=260)
    return svg(chart, f"share right of {name} by confidence")


def shares(rows: Sequence[dict[str, Any]], title: str) -> str:
    """Shares of every level (columns) in what each subject said (rows), in percent."""
    import altair as alt

    levels = sorted({row["level"] for row in rows}, key=_level)
    if not rows or len(levels) > 12:
        return ""
    subjects = list(dict.fromkeys(row["subject"] for row in rows))
    values = [{**row, "dark": row["share"] > 0.5} for row in rows]
    room = min(420, 7 * max(map(len, subjects)) + 10)
    axis = alt.Axis(labelLimit=420, minExtent=room, title=None, domain=False, ticks=False)
    base = alt.Chart(alt.InlineData(values)).encode(
        x=alt.X("level:N", title=title, sort=levels, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("subject:N", sort=subjects, axis=axis),
    )
    color = alt.Color("share:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None)
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text("share:Q", format=".0%"),
        color=alt.condition("datum.dark", alt.value("white"), alt.value("#222")),
    )
    chart = (base.mark_rect().encode(color=color) + text).properties(
        width=52 * len(levels), height={"step": 26}
    )
    return svg(chart, title)


def curves(arms: Sequence[dict[str, Any]], name: str) -> str:
    """A panel per arm: shares by dose, the fitted curve, the threshold with its interval."""
    import altair as alt

    panels = [_curve(arm["arm"], arm["points"], arm["threshold"]) for arm in arms]
    if not panels:
        return ""
    return svg(alt.hconcat(*panels, spacing=14), f"share of right choices by dose, {name}")


def _curve(arm: str, points: Sequence[dict[str, Any]], threshold: dict[str, Any] | None) -> Any:
    import altair as alt

    keys = ("dose", "metric", "value", "low", "high")
    values = [{key: point[key] for key in keys} for point in points if point["value"] is not None]
    doses = sorted({value["dose"] for value in values})
    if threshold is not None and threshold["value"] is not None:
        at = {"dose": threshold["value"], "metric": "fitted_at_dose", "value": 0.75}
        values.append(at)  # the curve's own point between two doses
    base = alt.Chart(alt.InlineData(values))
    x = alt.X("dose:Q", title=arm, scale=alt.Scale(type="log", nice=False, padding=12),
              axis=alt.Axis(values=doses, format="~g", grid=False))  # fmt: skip
    y = alt.Y("value:Q", title="right choices", scale=alt.Scale(domain=[0, 1]),
              axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%"))  # fmt: skip
    seen, line = (
        base.transform_filter(f"datum.metric == '{metric}'")
        for metric in ("right_at_dose", "fitted_at_dose")
    )
    layers = [
        line.mark_line(interpolate="monotone", color=GREY).encode(x=x, y=y),
        seen.mark_rule(color=INK).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        seen.mark_point(filled=True, size=50, opacity=1, color=INK).encode(x=x, y=y),
    ]
    if threshold is not None and doses:
        layers += _crossing(threshold, (doses[0], doses[-1]), x)
    return alt.layer(*layers).properties(width=150, height=150)


def _crossing(threshold: dict[str, Any], ends: tuple[float, float], x: Any) -> list[Any]:
    """The threshold and its interval at three of four; an open end runs to the last dose."""
    import altair as alt

    if threshold["value"] is None and threshold["low"] is None and threshold["high"] is None:
        return []
    low = ends[0] if threshold["low"] is None else threshold["low"]
    high = ends[1] if threshold["high"] is None else threshold["high"]
    here = [{"dose": low, "to": high, "value": 0.75, "at": threshold["value"]}]
    base = alt.Chart(alt.InlineData(here))
    layers = [base.mark_rule(strokeWidth=3, color=CROSS).encode(x=x, x2="to:Q", y="value:Q")]
    if threshold["value"] is not None:
        mark = base.mark_point(shape="diamond", filled=True, size=90, opacity=1, color=CROSS)
        layers.append(mark.encode(x="at:Q", y="value:Q"))
    return layers


def _level(key: str) -> tuple[float, str]:
    try:
        return float(key), ""
    except ValueError:
        return 0.0, key


def svg(chart: Any, label: str) -> str:
    """The chart as SVG with a label for those who cannot see it; vl-convert escapes its texts."""
    import vl_convert

    styled = chart.configure(font="system-ui, sans-serif", background="transparent")
    styled = styled.configure_view(stroke=None).configure_axis(
        labelFontSize=12, titleFontSize=12, labelColor="#777", titleColor="#777",
        gridColor="#8883", domainColor="#8886", tickColor="#8886",
    )  # fmt: skip
    svg = vl_convert.vegalite_to_svg(json.dumps(styled.to_dict()))
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)
