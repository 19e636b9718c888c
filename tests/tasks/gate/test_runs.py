"""Real small runs at their gate: no baseline, our change, the parser, pins, moved folders."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data import schemas, tables
from data.errors import ConfigError, DataError
from data.records import Scored
from data.run_folder import RunFolder
from data.run_index import indexed, pin, run_index, why_no_baseline
from tasks.stages import gating, results, retaining
from tasks.stages.comparing import compare_runs, require_finished
from tasks.stages.context import context
from tests.tasks.gate.runs import ROOT, a_run, gated, new_run, worse


def test_the_first_run_has_no_baseline_and_is_the_next_ones(tmp_path: Path) -> None:
    first = gated(a_run(tmp_path, 1))
    assert (first.status, first.baseline_for) == ("first", ("sim",))
    assert first.said.startswith("no baseline: ")
    run = a_run(tmp_path, 2)
    second = gated(run)
    assert (second.status, second.against, second.baseline_for) == ("passed", ("01",), ("sim",))
    assert json.loads(run.text("gate.json"))["comparisons"][0]["before"] == "01"
    (row,) = run.table("comparison").filter("decides").to_dicts()
    assert (row["finding"], row["value"], row["low"], row["high"]) == ("same", 0, 0, 0)
    assert second.notes == ("judge 'sim': every answer is the same, and read the same",)
    assert gating.regression(run.facts()["gate"]) is None


def test_a_worse_judge_of_our_doing_fails_and_the_baseline_stays(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    run = a_run(tmp_path, 2, **worse())
    found = gated(run)
    assert found.status == "regression"
    error = gating.regression(run.facts()["gate"])
    assert error is not None
    assert error.exit_code == 1
    said = str(error)
    assert said.startswith("regression: judge 'sim' (simulated), score: pearson ")
    assert "against run 01; our change: configuration (judge sim)" in said
    assert said.endswith("`judgeflow runs pin 02` accepts it")
    assert "\n" not in said
    summary = gating.gate_summary(run)
    assert "| sim | score | pearson | regression |" in summary
    assert gated(a_run(tmp_path, 3)).against == ("01",)


def test_our_change_moves_the_baseline_only_when_a_person_pins(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    better = worse(accuracy=0.92)
    second = gated(a_run(tmp_path, 2, **better))
    assert (second.status, second.baseline_for) == ("passed", ())
    assert second.notes[0].endswith("run 01 stays its baseline until `judgeflow runs pin` moves it")
    assert gated(a_run(tmp_path, 3, **better)).against == ("01",)
    pin(run_index(tmp_path / "runs").named("02"))
    fourth = gated(a_run(tmp_path, 4, **better))
    assert (fourth.against, fourth.baseline_for) == (("02",), ("sim",))


def test_accepting_a_regression_pins_the_run_and_it_is_the_next_ones_baseline(
    tmp_path: Path,
) -> None:
    gated(a_run(tmp_path, 1))
    run = a_run(tmp_path, 2, **worse())
    run.note(accept_baseline=True)
    found = gated(run)
    assert found.status == "accepted"
    assert gating.regression(run.facts()["gate"]) is None
    kept = indexed(run.path)
    assert kept.pin is not None  # type: ignore[union-attr]
    assert gated(a_run(tmp_path, 3, **worse())).against == ("02",)


def test_accepting_is_for_one_verdict_and_not_for_those_of_later_attempts(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    run = a_run(tmp_path, 2, **worse())
    run.note(accept_baseline=True)
    assert gated(run, shortfall="3 requests have no answer").status == "withheld"
    assert gated(run).status == "regression"


def test_an_incomplete_run_is_not_compared_and_never_a_baseline(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    run = a_run(tmp_path, 2, **worse())
    run.note(accept_baseline=True)
    found = gated(run, shortfall="3 requests have no answer")
    assert (found.status, found.said) == ("withheld", "not compared: 3 requests have no answer")
    kept = pin(run_index(tmp_path / "runs").named("02"))
    assert why_no_baseline(kept, "sim") == "it is not complete: incomplete"
    assert gated(a_run(tmp_path, 3)).against == ("01",)


def test_what_a_new_parser_changes_is_told_from_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated(a_run(tmp_path, 1))
    from tasks import verdicts
    from tasks.parsing import Parsed

    draws = iter("1234512345" * 10)
    monkeypatch.setattr(
        verdicts, "parse", lambda *_: Parsed(Scored(value=float(next(draws))), None)
    )
    monkeypatch.setattr(results, "parser_fingerprint", lambda: "new")
    found = gated(new_run(tmp_path, "02"))
    assert found.status == "regression"
    assert "our change: parser (" in found.said
    assert "answers are the same, so nothing of it is noise" in found.said


def test_a_new_model_behind_the_same_requests_is_the_providers_change(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    run = a_run(tmp_path, 2)
    here = context(run.path)
    middling = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("Judgement: 3"))
    for path in (run.path / "answers").glob("*.parquet"):
        answers = tables.read(path, schemas.ANSWERS)
        text = middling.otherwise(pl.col("text"))
        tables.write(answers.with_columns(text=text, model=pl.lit("m-2")), path)
    results.collect_verdicts(here)
    results.measure(here)
    found = gated(run)
    assert found.status == "regression"
    assert "against run 01; their change: model version simulated -> m-2" in found.said
    assert "accepts it" not in found.said  # nothing of ours is there to accept
    assert gated(a_run(tmp_path, 3)).against == ("01",)


def test_a_new_judge_is_its_own_first_and_the_others_are_compared(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    two = [{"name": name, "client": "simulated", "simulation": {"accuracy": 0.9, "noise": 0.0}}
           for name in ("sim", "new")]  # fmt: skip
    found = gated(a_run(tmp_path, 2, judges=two))
    assert found.against == ("01",)
    assert found.notes[0] == "judge 'new' has no last good run: this one is its first"
    assert found.baseline_for == ("new", "sim")
    assert found.promise["tests"] == 2


def test_added_items_are_left_out_counted_and_our_change(tmp_path: Path) -> None:
    data = tmp_path / "items"
    shutil.copytree(ROOT / "data/demo", data)
    lines = (data / "samples.jsonl").read_text().splitlines()
    scores = [line for line in lines if json.loads(line)["mode"] == "score"]
    (data / "samples.jsonl").write_text("\n".join(scores[:-2]) + "\n")
    changed: dict[str, Any] = {"dataset": {"path": str(data), "name": "demo"}}
    gated(new_run(tmp_path, "01", **changed))
    (data / "samples.jsonl").write_text("\n".join(scores[1:]) + "\n")
    run = new_run(tmp_path, "02", **changed)
    found = gated(run)
    items = found.comparisons[0]["items"]
    assert (items["common"], items["added"], items["removed"]) == (len(scores) - 3, 2, 1)
    assert "our change: data (2 samples added, 1 samples removed)" in found.notes[0]
    assert found.baseline_for == ()
    (row,) = run.table("comparison").filter("decides").to_dicts()
    assert row["n"] == len(scores) - 3


def test_runs_that_were_moved_still_compare_and_with_themselves_to_zero(tmp_path: Path) -> None:
    one, two = a_run(tmp_path, 1), a_run(tmp_path, 2, **worse())
    gated(one), gated(two)
    here = compare_runs(one, two)
    (tmp_path / "far").mkdir()
    shutil.move(tmp_path / "runs", tmp_path / "far/other-runs")
    moved = [RunFolder.open(tmp_path / "far/other-runs" / name) for name in ("01", "02")]
    there = compare_runs(moved[0], moved[1])
    assert there.table.equals(here.table)
    own = compare_runs(moved[1], moved[1])
    for column in ("value", "low", "high", "bound_low", "bound_high"):
        assert (own.table[column].drop_nulls() == 0).all()
    assert set(own.table.filter("decides")["finding"]) == {"same"}


def test_what_cannot_be_compared_is_said_in_one_line(tmp_path: Path) -> None:
    one = a_run(tmp_path, 1)
    with pytest.raises(DataError, match=r"run '01' is not finished \(running\); `judgeflow resume"):
        require_finished(one)
    gated(one)
    other = a_run(tmp_path, 2, dataset={"path": str(ROOT / "data/demo"), "name": "else"})
    with pytest.raises(DataError, match="runs of another dataset cannot be compared: '01' has "):
        compare_runs(one, other)
    scale = a_run(tmp_path, 3)
    scale.note(dataset={**scale.facts()["dataset"], "scale": {"low": 0, "high": 10}})
    with pytest.raises(DataError, match="another scale"):
        compare_runs(one, scale)
    named = [{"name": "else", "client": "simulated"}]
    with pytest.raises(DataError, match="no judge in common"):
        compare_runs(one, a_run(tmp_path, 4, judges=named))


def test_a_baseline_by_name_must_be_there_before_anything_is_spent(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    gated(a_run(tmp_path, 2))
    fixed = new_run(tmp_path, "03", gate={"against": "01"})
    assert gated(fixed).against == ("01",)
    with pytest.raises(ConfigError, match=r"gate\.against: there is no run 'nope'"):
        new_run(tmp_path, "04", gate={"against": "nope"})
    off = gated(a_run(tmp_path, 5, gate={"against": "none"}))
    assert (off.status, off.baseline_for) == ("off", ())


def test_retention_forgets_old_runs_of_the_name_and_nothing_that_is_needed(tmp_path: Path) -> None:
    gated(a_run(tmp_path, 1))
    gated(a_run(tmp_path, 2))
    other = a_run(tmp_path, 3)
    other.note(name="other")
    gated(other)
    pin(run_index(tmp_path / "runs").named("01"))
    gated(a_run(tmp_path, 4))
    assert retaining.retain(context(tmp_path / "runs/04")) == ([], [])  # nothing is configured
    run = a_run(tmp_path, 5, retention={"keep": 1})
    gated(run)
    assert retaining.retain(context(run.path)) == (["02", "04"], [])
    left = run_index(tmp_path / "runs")
    assert [each.run_id for each in left.runs] == ["01", "03", "05"]
    assert left.foreign == ()


def test_a_baseline_that_cannot_be_read_is_said_and_not_passed_over(tmp_path: Path) -> None:
    run = a_run(tmp_path, 1)
    gated(run)
    (run.path / "verdicts.parquet").write_bytes(b"PAR1 nothing PAR1")
    found = gated(a_run(tmp_path, 2))
    assert found.status == "withheld"
    assert "is not a readable Parquet table" in found.said
    assert found.baseline_for == ()
