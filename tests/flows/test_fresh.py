"""Items that a probe draws itself, through the whole graph."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.probes.thresholds import Thresholds
from tests.flows.conftest import InProcess

ACUITY = {"value": 6, "count": 2, "text": 8, "colour": 4, "position": 3}
SIMULATION = {"acuity": ACUITY, "lapse": 0.02, "seed": 5}
SIM = {"name": "sim", "client": "simulated", "simulation": SIMULATION}
PROBED: dict[str, Any] = {
    "judges": [SIM],
    "limit": 4,
    "modes": ["pair"],
    "probes": {"thresholds": {"limit": 8}},
}


def test_fresh_items_are_judged_measured_and_kept_in_the_run(
    quick: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = quick.folder / "r"
    assert quick("run", quick.config(**PROBED), "--run-dir", run).code == 0
    verdicts = pl.read_parquet(run / "verdicts.parquet").filter(pl.col("judge") == "sim")
    fresh = pl.read_parquet(run / "fresh.parquet")
    assert verdicts.filter(pl.col("probe") == "thresholds").height == 78 * 8
    known = fresh["sample_id"].implode()
    assert verdicts.filter(pl.col("sample_id").is_in(known))["probe"].null_count() == 0
    assert pl.read_parquet(run / "samples.parquet").height == 4
    facts = (run / "fresh/thresholds/facts.jsonl").read_text().splitlines()
    assert len(facts) == len([i for i in fresh["sample_id"] if not i.endswith("-0")])
    assert all((run / image["path"]).is_file() for (image,) in fresh["images"])
    rows = pl.read_parquet(run / "estimates.parquet").filter(pl.col("metric") == "threshold_75")
    held = [
        (row["low"] or 0) < ACUITY[row["arm"]] < (row["high"] or 99)
        for row in rows.iter_rows(named=True)
    ]
    assert len(held) == len(ACUITY)
    assert sum(held) >= 4  # of five intervals of 95 %, one may miss
    page = (run / "report.html").read_text()
    assert "Errors seen by their size: sim (simulated), analyze" in page

    def gone(*_: object) -> None:
        raise AssertionError("a run that exists draws nothing")

    monkeypatch.setattr(Thresholds, "fresh", gone)
    before = (run / "estimates.parquet").read_bytes()
    assert quick("reparse", run).code == 0
    assert (run / "estimates.parquet").read_bytes() == before
    assert quick("resume", run).code == 0


def test_the_quote_counts_them_and_limits_hold(offline: InProcess) -> None:
    path = offline.config(**PROBED)
    for limit, pictures in ((None, 8), (3, 3)):
        words = [] if limit is None else ["--limit-probes", limit]
        lines = offline("plan", path, *words, "--json").json["lines"]
        asked = sum(line["requests"] for line in lines if line["probe"] == "thresholds")
        assert asked == 78 * pictures


def test_a_fresh_item_is_shown_without_a_base_question(offline: InProcess) -> None:
    shown = offline(
        "probes", "show", "thresholds", "probe:thresholds/pair/value-000-50",
        "--config", offline.config(), "--to", offline.folder / "images", "--json",
    ).json  # fmt: skip
    assert [row["variant"] for row in shown] == [
        "value/50/shown", "value/50/turned", "value/blind/shown", "value/blind/turned",
    ]  # fmt: skip
    assert [len(row["images"]) for row in shown] == [1, 1, 0, 0]
    assert Path(shown[0]["images"][0]["file"]).is_file()
    assert json.dumps(shown).count("The bar of") == 8


def test_judging_by_description_describes_them_too(offline: InProcess) -> None:
    path = offline.config(**PROBED | {"settings": ["vision-expert"]})
    lines = offline("plan", path, "--json").json["lines"]
    described = sum(line["requests"] for line in lines if line["purpose"] == "describe")
    assert described >= 5 * 8
