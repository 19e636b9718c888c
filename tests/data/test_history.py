"""The history of a folder of runs: whole, in order, the same however often it is written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from data.errors import DataError
from data.history import FILE, LATER, read_history, remember
from data.schemas import HISTORY
from data.tables import table


def rows(run: str, night: str = "2026-01-01", value: float = 0.5) -> pl.DataFrame:
    row = {"run": run, "night": night, "judge": "j", "measure": "accuracy", "value": value}
    return table([row], HISTORY)


def test_rows_stand_in_the_order_of_nights_and_once(tmp_path: Path) -> None:
    remember(tmp_path, rows("b", "2026-01-02"), ["b"])
    remember(tmp_path, rows("a"), ["a"])
    before = (tmp_path / FILE).stat().st_mtime_ns
    found = remember(tmp_path, rows("a"), ["a"])
    assert list(found["run"]) == ["a", "b"]
    assert (tmp_path / FILE).stat().st_mtime_ns == before
    assert remember(tmp_path, rows("a", value=0.7), ["a"])["value"].to_list() == [0.7, 0.5]


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"r{number:02d}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: remember(tmp_path, rows(name), [name]), names))
    assert sorted(read_history(tmp_path)["run"]) == names
    assert {path.name for path in tmp_path.iterdir()} <= {FILE, ".history.lock"}


def test_a_history_of_an_earlier_version_is_gone_on_with(tmp_path: Path) -> None:
    rows("a").drop(LATER).write_parquet(tmp_path / FILE)
    found = remember(tmp_path, rows("b", "2026-01-02").with_columns(flow=pl.lit("adhoc")), ["b"])
    assert list(found["flow"]) == [None, "adhoc"]
    rows("a").drop("night").write_parquet(tmp_path / FILE)
    with pytest.raises(DataError, match=r"its columns differ in \['night'\]; remove it, "):
        read_history(tmp_path)


def test_a_damaged_history_says_how_it_is_made_anew(tmp_path: Path) -> None:
    assert read_history(tmp_path).is_empty()
    (tmp_path / FILE).write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=r"remove it, `judgeflow history rebuild`"):
        remember(tmp_path, rows("a"), ["a"])
