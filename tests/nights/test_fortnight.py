"""Fortnights of simulated nightlies through the stages; dates are given, no clock is read."""

from pathlib import Path

import polars as pl
import pytest

from data.history import read_history
from data.ledger import spent
from data.run_folder import RunFolder
from tasks import engine_room
from tasks.plan import ROUNDS
from tasks.stages import prepare, rounds
from tasks.stages.context import context
from tasks.stages.drifting import read_series
from tasks.stages.history import rebuild
from tests.nights.nightly import begun, config, dates, nightly

GOOD = {"accuracy": 0.9, "seed": 1}
WORSE = {"accuracy": 0.9, "seed": 2, "drifts": {"2026-11-10": {"accuracy": 0.3}}}


def test_of_two_judges_the_one_that_changes_signals_and_the_night_is_named(
    tmp_path: Path,
) -> None:
    loaded = config(
        tmp_path,
        {"name": "steady", "simulation": GOOD},
        {"name": "changed", "simulation": WORSE},
    )
    seen = {night: nightly(loaded, night) for night in dates(1, 13)}
    frozen = read_series(tmp_path / "runs")
    seen["2026-11-14"] = nightly(loaded, "2026-11-14", measured=True)
    assert read_series(tmp_path / "runs") == frozen
    assert [list(s.baseline.nights) for s in frozen.values() if s.baseline] == [dates(1, 6)] * 2
    states = {night: [c.state for c in drift.charts] for night, drift in seen.items() if drift}
    assert states["2026-11-05"] == ["learning", "learning"]
    assert states["2026-11-09"] == ["watched", "watched"]
    assert {each[0] for night, each in states.items() if night > "2026-11-06"} == {"watched"}
    first = min(night for night, each in states.items() if "signal" in each)
    assert "2026-11-10" <= first <= "2026-11-13"
    last = seen["2026-11-14"]
    assert last is not None
    (signal,) = last.findings
    assert signal.fails
    for words in ("'changed' (simulated)", "drift since 2026-11-10", "their change: nothing"):
        assert words in signal.message
    assert last.charts[1].size == pytest.approx(-0.45, abs=0.15)  # pairs are guessed right too
    history = read_history(tmp_path / "runs")
    assert set(history.filter(pl.col("probe").is_null())["measure"]) >= {"accuracy", "kappa"}
    made, left = rebuild(tmp_path / "runs")
    assert left == {}
    assert made.equals(history)


def test_a_killed_night_repeated_pays_nothing_twice_and_is_one_point(tmp_path: Path) -> None:
    loaded = config(tmp_path, {"name": "steady", "simulation": GOOD}, shard_size=20)
    here = context(begun(loaded, "2026-11-01").path)
    prepare.load_samples(here)
    prepare.prepare_images(here)
    shards = [shard for round_ in ROUNDS for shard in rounds.plan_round(here, round_)]
    rounds.execute_shard(here, shards[0])
    engine_room.close(here.run)  # and here the machine dies
    before = spent(here.run.path / "ledger").attempts
    assert before == 20
    nightly(loaded, "2026-11-01", name="again")
    again = RunFolder.open(tmp_path / "runs" / "2026-11-01-again")
    planned = again.table("plan")["request_key"].n_unique()
    assert spent(again.path / "ledger").attempts == planned - before
    nightly(loaded, "2026-11-01")
    assert spent(here.run.path / "ledger").attempts == before
    drift = nightly(loaded, "2026-11-02")
    assert drift is not None
    assert [point.night for point in drift.charts[0].points] == ["2026-11-01", "2026-11-02"]
    second = RunFolder.open(tmp_path / "runs" / "2026-11-02-run")
    asked = second.table("plan").filter(pl.col("probe") == "anchors")["request_key"].n_unique()
    assert spent(second.path / "ledger").attempts == asked


def test_our_own_change_begins_a_baseline_that_is_being_learned_anew(tmp_path: Path) -> None:
    loaded = config(tmp_path, {"name": "steady", "simulation": GOOD})
    nightly(loaded, "2026-11-01")
    other = config(tmp_path, {"name": "steady", "simulation": {**GOOD, "accuracy": 0.8}})
    drift = nightly(other, "2026-11-02")
    assert drift is not None
    (chart,) = drift.charts
    assert chart.learned == 1
    assert chart.again == "begun anew on 2026-11-02, because the judge's entry changed"
