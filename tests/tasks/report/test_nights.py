"""Charts by night: what is drawn, and what is left out."""

from typing import Any

import polars as pl

from data.schemas import HISTORY
from data.tables import table
from tasks.drift.records import Baseline, Chart, Drift, Point
from tasks.report import night_charts
from tasks.report.charts import CROSS
from tasks.report.nights import trends, watched
from tasks.report.words import Names

NAMES = Names({"judges": [{"name": "j", "simulated": True}, {"name": "k", "simulated": False}]})
RUN = {"name": "c", "dataset": {"name": "d"}, "settings": ["analyze"], "started": "2026-01-03T01",
       "night": "2026-01-03"}  # fmt: skip


def row(night: str, value: float | None, **changes: Any) -> dict[str, Any]:
    given = {"name": "c", "flow": "nightly", "dataset": "d", "setting": "analyze", "judge": "j",
             "mode": "pair", "measure": "accuracy", "night": night, "run": night}  # fmt: skip
    given["started"] = f"{night}T00"
    return {**given, "value": value, "low": value, "high": value, **changes}


def history(*rows: dict[str, Any]) -> pl.DataFrame:
    return table(rows, HISTORY)


def test_a_trend_has_a_point_a_night_and_none_of_later_nights_or_other_runs() -> None:
    known = history(
        row("2026-01-01", 0.5), row("2026-01-01", 0.6, started="2026-01-01T09"),
        row("2026-01-03", 0.7, judge="k"), row("2026-01-04", 0.9), row("2026-01-02", 0.1, name="x"),
        row("2026-01-02", 0.1, setting="no-figure"), row("2026-01-02", 0.1, probe="anchors"),
    )  # fmt: skip
    (found,) = trends(known, RUN, {"pair": "accuracy"}, NAMES)
    assert [(r["judge"], r["night"], r["value"]) for r in found["rows"]] == [
        ("j (simulated)", "2026-01-01", 0.6),
        ("k", "2026-01-03", 0.7),
    ]
    svg = night_charts.trend(found["rows"], "accuracy")
    assert "j (simulated)" in svg
    assert night_charts.trend(found["rows"][:1], "accuracy") == ""  # one night is no line


def test_a_trend_is_of_one_flow_on_as_much_of_the_dataset() -> None:
    known = history(
        row("2026-01-01", 0.5), row("2026-01-01", 0.1, started="2026-01-01T09", flow="adhoc"),
        row("2026-01-02", 0.6), row("2026-01-02", 0.2, started="2026-01-02T09", limit=20),
        row("2026-01-03", 0.3, limit=20),
    )  # fmt: skip

    def values(**changes: Any) -> list[float]:
        (found,) = trends(known, RUN | changes, {"pair": "accuracy"}, NAMES)
        return [each["value"] for each in found["rows"]]

    assert values() == [0.5, 0.6]
    assert values(dataset={"name": "d", "limit": 20}) == [0.2, 0.3]
    assert values(attempts=[{"flow": "adhoc"}]) == [0.1]


def drawn(since: str | None, hostile: str = "j") -> str:
    baseline = Baseline(mean=0.8, sd=0.02, nights=("2026-01-01",), versions=(), prints={})
    points = (
        Point(night="2026-01-01", value=0.8, learning=True),
        Point(night="2026-01-02", value=0.5, z=-9.0, below=8.0),
        Point(
            night="2026-01-03", value=None, left_out="1 of 200 anchors have a verdict", below=8.0
        ),
    )
    chart = Chart(judge=hostile, statistic="anchor_agreement", state="signal", learned=1, needed=1,
                  baseline=baseline, limit=6.0, points=points, since=since, size=-0.3)  # fmt: skip
    found = watched(Drift(night="2026-01-03", promise="p", charts=(chart,)), NAMES)
    assert found is not None
    (one,) = found["charts"]
    assert [p["kind"] for p in one["points"]] == ["baseline", "watched", "left out"]
    assert one["left_out"][0]["night"] == "2026-01-03"
    return night_charts.cusum(one["points"], one["lines"], one["judge"])


def test_a_chart_has_its_limits_and_the_night_of_the_change() -> None:
    with_change, without = drawn("2026-01-02"), drawn(None)
    assert without.startswith("<svg role")
    assert with_change.count(CROSS) > without.count(CROSS) > 1


def test_names_of_judges_are_escaped() -> None:
    assert "<script>" not in drawn(None, "<script>")


def test_a_run_without_anchors_has_no_charts() -> None:
    assert watched(None, NAMES) is None
