"""The history of runs: what is found, what is said of the rest, and which run is the last good."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from data.errors import DataError
from data.run_folder import RunFolder
from data.run_index import (
    IndexedRun,
    indexed,
    last_good,
    last_good_of_all,
    lines,
    pin,
    run_index,
    unpin,
    why_no_baseline,
)
from data.run_pruning import prunable

GOOD = {"status": "passed", "baseline_for": ["gpt", "claude"]}


def run(root: Path, name: str, started: str, **facts: Any) -> IndexedRun:
    known: dict[str, Any] = {
        "name": "demo",
        "status": "complete",
        "dataset": {"name": "d", "samples": 9, "scale": {"low": 1, "high": 5}, "root": "/x"},
        "judges": [{"name": "gpt"}, {"name": "expert", "role": "helper"}],
        "primary": {"score": "pearson"},
        "gate": GOOD,
    }
    RunFolder.create(root / name, {}, **(known | facts)).note(started=started)
    found = indexed(root / name)
    assert isinstance(found, IndexedRun)
    return found


def good_for(root: Path, new: IndexedRun) -> str | None:
    found = last_good(run_index(root).runs, lines(new.record)["gpt"], before=new)
    return None if found is None else found.run_id


def test_runs_are_listed_oldest_first_and_everything_else_is_named_with_the_reason(
    tmp_path: Path,
) -> None:
    run(tmp_path, "b", "2026-11-02")
    run(tmp_path, "a", "2026-11-03")
    for name, text in {
        "cut": '{"format": 2, "na',
        "list": "[]",
        "bytes": "\udcff",
        "odd": json.dumps({"format": 2, "name": 7, "status": [], "started": None}),
        "new": json.dumps({"format": 99}),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_bytes(text.encode(errors="surrogateescape"))
    (tmp_path / "thesis").mkdir()
    (tmp_path / ".half.partial").mkdir()
    (tmp_path / "notes.txt").write_text("not a folder")
    found = run_index(tmp_path)
    assert [each.run_id for each in found.runs] == ["b", "a"]
    why = {each.path.name: each.why for each in found.foreign}
    assert sorted(why) == ["bytes", "cut", "list", "new", "odd", "thesis"]
    assert why["thesis"] == "it has no run.json"
    assert "another version" in why["new"]
    assert why["odd"].startswith("run.json is damaged: name: ")
    assert not any("\n" in each for each in why.values())


def test_a_run_is_named_by_enough_of_its_name(tmp_path: Path) -> None:
    run(tmp_path, "20261101-demo-aa", "2026-11-01")
    run(tmp_path, "20261102-demo-bb", "2026-11-02")
    found = run_index(tmp_path)
    assert found.named("20261102").run_id == found.named("bb").run_id == "20261102-demo-bb"
    with pytest.raises(DataError, match="could be any of"):
        found.named("2026")
    with pytest.raises(DataError, match="there is no run 'cc'"):
        found.named("cc")
    with pytest.raises(DataError, match="--runs"):
        run_index(tmp_path / "nowhere")


def test_the_last_good_run_is_complete_passed_its_checkpoints_and_its_gate(tmp_path: Path) -> None:
    run(tmp_path, "1", "2026-11-01")
    run(tmp_path, "2", "2026-11-02", status="incomplete")
    run(tmp_path, "3", "2026-11-03", checkpoints_failed=["verdicts"])
    run(tmp_path, "4", "2026-11-04", gate={"status": "regression", "said": "pearson fell"})
    run(tmp_path, "5", "2026-11-05", gate=None)
    run(tmp_path, "55", "2026-11-05", status="regression", error="a chart signals")
    new = run(tmp_path, "6", "2026-11-06")
    assert good_for(tmp_path, new) == "1"
    why = {each.run_id: why_no_baseline(each, "gpt") for each in run_index(tmp_path).runs}
    assert why["2"] == "it is not complete: incomplete"
    assert why["4"] == "its gate: regression"
    assert why["55"] == "it ended as a regression"
    assert why["6"] is None


def test_another_flow_dataset_judge_measure_scale_or_limit_is_another_line(tmp_path: Path) -> None:
    data = {"name": "d", "scale": {"low": 1, "high": 5}}
    run(tmp_path, "1", "2026-11-01", dataset=data | {"name": "e"})
    run(tmp_path, "2", "2026-11-02", dataset=data | {"scale": {"low": 0, "high": 10}})
    run(tmp_path, "3", "2026-11-03", dataset=data | {"limit": 20})
    run(tmp_path, "4", "2026-11-04", judges=[{"name": "other"}])
    run(tmp_path, "5", "2026-11-05", primary={"score": "quadratic_kappa"})
    run(tmp_path, "6", "2026-11-06", primary={})
    pin(run(tmp_path, "66", "2026-11-06", attempts=[{"flow": "adhoc"}, {"stage": "measure"}]))
    new = run(tmp_path, "7", "2026-11-07")
    assert good_for(tmp_path, new) is None


def test_a_pin_makes_a_complete_run_a_baseline_and_never_an_incomplete_one(tmp_path: Path) -> None:
    fell = {"status": "regression", "said": "pearson fell"}
    run(tmp_path, "1", "2026-11-01")
    pin(run(tmp_path, "2", "2026-11-02", gate=fell), "the new prompt is meant")
    pin(run(tmp_path, "3", "2026-11-03", status="incomplete"))
    new = run(tmp_path, "4", "2026-11-04", gate=None)
    assert good_for(tmp_path, new) == "2"
    unpin(run_index(tmp_path).named("2"))
    assert good_for(tmp_path, new) == "1"


def test_a_pin_survives_a_move_and_a_damaged_pin_still_holds(tmp_path: Path) -> None:
    pin(run(tmp_path, "1", "2026-11-01"), "before the summer")
    shutil.move(tmp_path / "1", tmp_path / "moved")
    found = run_index(tmp_path).named("moved")
    assert found.pin is not None
    assert found.pin.why == "before the summer"
    first = found.pin.pinned
    again = pin(found).pin
    assert again is not None
    assert (again.pinned, again.why) == (first, "before the summer")
    (tmp_path / "moved" / "pinned.json").write_text("{")
    assert run_index(tmp_path).named("moved").pin is not None


def test_every_line_has_its_own_last_good_run(tmp_path: Path) -> None:
    run(tmp_path, "1", "2026-11-01")
    run(tmp_path, "2", "2026-11-02", judges=[{"name": "gpt"}, {"name": "claude"}])
    run(tmp_path, "3", "2026-11-03")
    found = last_good_of_all(run_index(tmp_path).runs)
    assert {path.name: judges for path, judges in found.items()} == {"3": ["gpt"], "2": ["claude"]}


def test_the_newest_runs_are_counted_for_each_name_flow_and_limit(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"gate": None, "attempts": [{"flow": "adhoc"}]}
    run(tmp_path, "1", "2026-11-01", gate=None)
    run(tmp_path, "2", "2026-11-02", gate=None)
    for day in (3, 4, 5):
        run(tmp_path, str(day), f"2026-11-0{day}", **asked, dataset={"name": "d", "limit": 20})
    run(tmp_path, "6", "2026-11-06", **asked)
    RunFolder(run(tmp_path, "7", "2026-11-07").path).note(name="else")
    now = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    gone, kept = prunable(run_index(tmp_path).runs, 1, None, now)
    assert ([each.run_id for each in gone], kept) == (["1", "3", "4"], {})
