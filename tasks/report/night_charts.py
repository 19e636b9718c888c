"""Charts over nights as inline SVG: drawn from given rows, computing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.report.charts import CROSS, GREY, INK, svg

WIDTH = 620
FEWEST = 2  # nights, below which there is no line


def trend(rows: Sequence[dict[str, Any]], measure: str) -> str:
    """A measure by night, a panel a judge: dots with their intervals, joined in time.

    `rows` have `judge`, `night`, `value`, `low`, `high`; undefined values leave a gap.
    """
    import altair as alt

    if len({row["night"] for row in rows}) < FEWEST:
        return ""
    judges = list(dict.fromkeys(row["judge"] for row in rows))
    panels = []
    for judge in judges:
        own = [row for row in rows if row["judge"] == judge]
        base = alt.Chart(alt.InlineData(own))
        y = alt.Y("value:Q", title=measure, scale=alt.Scale(zero=False), axis=_few())
        layers = [
            base.mark_line(color=INK, strokeWidth=1).encode(x=_nights(rows), y=y),
            base.mark_rule(color=INK).encode(x="night:T", y="low:Q", y2="high:Q"),
            base.mark_point(color=INK, filled=True, size=30, opacity=1).encode(x="night:T", y=y),
        ]
        title = alt.TitleParams(judge, anchor="start", fontSize=12, color="#777")
        panels.append(alt.layer(*layers).properties(width=WIDTH, height=110, title=title))
    return svg(alt.vconcat(*panels, spacing=8), f"{measure} by night")


def cusum(points: Sequence[dict[str, Any]], lines: dict[str, Any], judge: str) -> str:
    """A judge's nightly figure beside its baseline, and its sums between their limits.

    `points` have `night`, `value`, `low`, `high`, `above`, `below` (drawn downwards) and `kind`
    (baseline, watched, left out). `lines` has `statistic`, `mean`, `sd`, `limit` and `since`; null
    while the baseline is learned.
    """
    import altair as alt

    if len(points) < FEWEST:
        return ""
    panels = [_figure(points, lines)]
    if lines["limit"] is not None:
        panels.append(_sums(points, lines))
    return svg(alt.vconcat(*panels, spacing=8), f"chart of {judge}: {lines['statistic']} by night")


def _figure(points: Sequence[dict[str, Any]], lines: dict[str, Any]) -> Any:
    import altair as alt

    base = alt.Chart(alt.InlineData([p for p in points if p["value"] is not None]))
    y = alt.Y("value:Q", title=lines["statistic"], scale=alt.Scale(zero=False), axis=_few())
    kinds = alt.Scale(domain=["baseline", "watched", "left out"], range=[GREY, INK, CROSS])
    layers = []
    if lines["mean"] is not None:
        mean = alt.Chart(alt.InlineData([{"value": lines["mean"]}]))
        layers.append(mean.mark_rule(color=GREY, strokeDash=[4, 4]).encode(y=y))
    color = alt.Color("kind:N", scale=kinds, legend=alt.Legend(title=None, orient="top"))
    layers.append(
        base.mark_point(filled=True, size=30, opacity=1).encode(x=_nights(points), y=y, color=color)
    )
    return alt.layer(*layers, *_since(lines)).properties(width=WIDTH, height=140)


def _sums(points: Sequence[dict[str, Any]], lines: dict[str, Any]) -> Any:
    import altair as alt

    base = alt.Chart(alt.InlineData([p for p in points if p["kind"] != "baseline"]))
    limit = lines["limit"]
    ends = alt.Chart(alt.InlineData([{"sum": limit}, {"sum": -limit}]))
    most = max(limit, *(max(p["above"], p["below"]) for p in points)) * 1.1
    scale = alt.Scale(domain=[-most, most], nice=False)
    y = alt.Y("sum:Q", title="CUSUM", scale=scale, axis=_few())
    up, down = (
        base.transform_calculate(sum=formula)
        .mark_line(color=INK, strokeWidth=2, interpolate="linear", point={"color": INK, "size": 14})
        .encode(x=_nights(points), y=y)
        for formula in ("datum.above", "-datum.below")
    )
    bounds = ends.mark_rule(color=CROSS, strokeDash=[6, 3]).encode(y=y)
    return alt.layer(bounds, up, down, *_since(lines)).properties(width=WIDTH, height=140)


def _since(lines: dict[str, Any]) -> list[Any]:
    """A line at the night since which a judge is another."""
    import altair as alt

    if lines["since"] is None:
        return []
    at = alt.Chart(alt.InlineData([{"night": lines["since"]}]))
    return [at.mark_rule(color=CROSS, strokeWidth=2).encode(x="night:T")]


def _nights(rows: Sequence[dict[str, Any]]) -> Any:
    """The axis of nights: one for all panels, from the first to the last."""
    import altair as alt

    nights = sorted(row["night"] for row in rows)
    scale = alt.Scale(domain=[nights[0], nights[-1]], type="utc", padding=8)
    axis = alt.Axis(title=None, format="%d %b", labelAngle=0, tickCount=8, grid=False)
    return alt.X("night:T", scale=scale, axis=axis)


def _few() -> Any:
    import altair as alt

    return alt.Axis(tickCount=4, grid=True)
