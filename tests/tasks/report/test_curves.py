import polars as pl

from data.schemas import ESTIMATES
from data.tables import table
from tasks.report import charts, doses
from tasks.report.words import Names, span

NAMES = Names({"judges": [{"name": "j", "simulated": True}]})


def estimates(
    value: float | None, low: float | None, high: float | None, hostile: str = "value"
) -> pl.DataFrame:
    common = {"judge": "j", "mode": "pair", "setting": "s", "probe": "thresholds", "arm": hostile}
    rows = [
        {**common, "metric": metric, "group": f"dose:{dose}", "value": 0.5 + dose / 100}
        for dose in (1, 5, 50)
        for metric in ("right_at_dose", "fitted_at_dose")
    ]
    own = {"metric": "threshold_75", "group": "pooled", "value": value, "low": low, "high": high}
    return table([*rows, {**common, **own}], ESTIMATES)


def test_a_judge_has_a_panel_per_arm_and_is_named_as_simulated() -> None:
    (found,) = doses.curves(estimates(7, 4, 12), NAMES)
    assert found["name"] == "j (simulated), s"
    (arm,) = found["arms"]
    assert [point["dose"] for point in arm["points"]] == [1, 1, 5, 5, 50, 50]
    svg = charts.curves(found["arms"], found["name"])
    assert svg.startswith("<svg role")
    assert charts.CROSS in svg


def test_a_threshold_that_was_not_reached_has_no_mark_but_what_is_left_of_its_interval() -> None:
    (found,) = doses.curves(estimates(None, 20, None), NAMES)
    (given,) = doses.curves(estimates(7, 4, 12), NAMES)
    (blank,) = doses.curves(estimates(None, None, None), NAMES)
    marks = [charts.curves(f["arms"], "j").count(charts.CROSS) for f in (given, found, blank)]
    assert marks[0] > marks[1] > marks[2] == 0


def test_names_of_arms_are_escaped() -> None:
    (found,) = doses.curves(estimates(7, 4, 12, "<script>"), NAMES)
    assert "<script>" not in charts.curves(found["arms"], "<script>")


def test_an_interval_may_be_open() -> None:
    assert span(1, 2) == "1.000 to 2.000"
    assert span(None, 2) == "up to 2.000"
    assert span(1, None) == "1.000 or more"
    assert span(None, None) == "–"
