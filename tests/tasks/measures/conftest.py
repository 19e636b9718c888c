"""Small tables of samples and verdicts, and how to read estimates."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from data.tables import SAMPLES, VERDICTS, table

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
