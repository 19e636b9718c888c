"""HQ and HARD by the stated rule, written as a data set that loads."""

from pathlib import Path

import polars as pl
import pytest

from data.datasets import load_dataset
from data.errors import DataError
from data.layout import DatasetConfig
from data.samples import samples_table
from data.subsets import select, write_subset
from tests.tasks.measures.conftest import samples, verdicts

DEMO = Path(__file__).parents[2] / "data" / "demo"


def judged(*said: list[str | None]) -> pl.DataFrame:
    frames = [verdicts("score", each) for each in said]
    return pl.concat([
        frame.with_columns(pl.lit(f"j{i}").alias("judge")) for i, frame in enumerate(frames)
    ])  # fmt: skip


def test_the_rule_and_its_numbers() -> None:
    labels = samples("score", ["3", "3", "3", "3"])
    given = judged(["3", "3", "1", None], ["3", "4", "1", "3"], ["3", "1", "1", "3"])
    names = [f"d/score/{i}" for i in range(4)]
    assert select(labels, given, "hq") == names[:1]
    assert select(labels, given, "hq", judges=2) == [names[0], names[3]]
    assert select(labels, given, "hard") == [names[2]]
    assert select(labels, given, "hq", share=0.6, within=1) == names[:2]
    with pytest.raises(DataError, match="no sample has 4 verdicts"):
        select(labels, given, "hq", judges=4)


def test_baselines_and_panels_have_no_say() -> None:
    labels = samples("score", ["3"])
    given = judged(["1"], ["1"], ["1"]).with_columns(
        pl.Series("judge", ["panel:mean", "baseline:random", "j"])
    )
    with pytest.raises(DataError, match="no sample has 3 verdicts"):
        select(labels, given, "hard")


def test_a_subset_is_a_data_set_that_loads(tmp_path: Path) -> None:
    whole = load_dataset(DatasetConfig(path=str(DEMO)), Path("/"))
    rows = list(samples_table(whole.samples).iter_rows(named=True))[:5]
    write_subset(tmp_path / "hq", rows, DEMO, {"name": "demo-hq", "scale": {"low": 1, "high": 5}})
    again = load_dataset(DatasetConfig(path=str(tmp_path / "hq")), Path("/"))
    assert [s.responses for s in again.samples] == [s.responses for s in whole.samples[:5]]
    assert [s.labels for s in again.samples] == [s.labels for s in whole.samples[:5]]
    assert [s.cluster_id for s in again.samples] == [s.cluster_id for s in whole.samples[:5]]
    with pytest.raises(DataError, match="not empty"):
        write_subset(tmp_path / "hq", rows, DEMO, {})
    with pytest.raises(DataError, match="no texts"):
        write_subset(tmp_path / "x", [{**rows[0], "instruction": ""}], DEMO, {})
    with pytest.raises(DataError, match="is not in"):
        write_subset(tmp_path / "x", rows, tmp_path, {})
    assert not (tmp_path / "x").exists()
