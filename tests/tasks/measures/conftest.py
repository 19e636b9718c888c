"""Small tables of samples and verdicts, and how to read estimates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.datasets import load_dataset, read_verdicts
from data.layout import DatasetConfig, TableColumns
from data.samples import samples_table
from data.schemas import SAMPLES, VERDICTS
from data.tables import table

OFFICIAL = ("llava_critic_7b", "gemini_2.5_flash", "phi4_15b")


@pytest.fixture(scope="session")
def official_tables(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The official scoring labels, and the verdicts of three recorded judges on them.

    The responder is inferred: rows come four to an item, always in the same order of responders,
    so it is the row number modulo four. The data itself does not name it.
    """
    folder = shared_data / "vlm_judge_uncertainty"
    labels = pl.read_csv(folder / "mllm_judge_llava_critic_7b.csv").select("sample_id", "gt_score")
    sources = pl.read_csv(folder / "mllm_judge_original_dataset.csv")
    slot = ("slot " + (pl.col("sample_id") % 4).cast(pl.String)).alias("responder")
    joined = labels.join(
        sources.select("sample_id", "orig_dataset"), on="sample_id", how="left"
    ).with_columns(slot)
    path = tmp_path_factory.mktemp("official") / "labels.csv"
    joined.write_csv(path)
    config = DatasetConfig(
        path=str(path),
        format="table",
        mode="score",
        columns=TableColumns(
            labels=("gt_score",), source="orig_dataset", responders=("responder",)
        ),
    )
    frame = samples_table(load_dataset(config, folder).samples)
    rows = []
    for judge in OFFICIAL:
        cells = read_verdicts(
            folder / f"mllm_judge_{judge}.csv",
            TableColumns(verdict="parsed_score"),
            where_judge=None,
            missing=("-1",),
        )
        for sample_id in frame["sample_id"]:
            cell = cells[sample_id.split("/", 2)[2], 0]
            status = "unparsed" if cell is None else "scored"
            rows.append(
                {"sample_id": sample_id, "mode": "score", "judge": judge, "setting": "recorded",
                 "variant": "base", "repeat": 0, "status": status, "verdict": cell}
            )  # fmt: skip
    return frame, table(rows, VERDICTS)


STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}


def samples(mode: str, verdict: Sequence[str], **columns: Sequence[Any]) -> pl.DataFrame:
    """A table of labelled samples; a column may be given per sample."""
    rows = []
    for index, label in enumerate(verdict):
        row: dict[str, Any] = {
            "sample_id": f"d/{mode}/{index}",
            "item_id": f"i{index}",
            "cluster_id": f"c{index}",
            "mode": mode,
            "source": "s",
            "instruction": "",
            "labels": [{"annotator": "h", "verdict": label, "origin": "human"}],
        }
        rows.append(row | {name: values[index] for name, values in columns.items()})
    return table(rows, SAMPLES)


def verdicts(mode: str, given: Sequence[str | None], repeat: int = 0) -> pl.DataFrame:
    rows = [
        {
            "sample_id": f"d/{mode}/{index}",
            "mode": mode,
            "judge": "j",
            "setting": "analyze",
            "variant": "base",
            "repeat": repeat,
            "epoch": "base",
            "status": "unparsed" if verdict is None else STATUS[mode],
            "verdict": verdict,
        }
        for index, verdict in enumerate(given)
    ]
    return table(rows, VERDICTS)


def values(frame: pl.DataFrame, group: str = "pooled") -> dict[str, float | None]:
    rows = frame.filter(pl.col("group") == group)
    return dict(rows.select("metric", "value").iter_rows())


def row_of(frame: pl.DataFrame, metric: str, group: str) -> dict[str, Any]:
    (row,) = frame.filter((pl.col("metric") == metric) & (pl.col("group") == group)).to_dicts()
    return row
