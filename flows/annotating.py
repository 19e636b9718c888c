"""`judgeflow annotations`: what people say of judges' outputs, from a table of their marks."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from data.errors import DataError
from data.marks import read_marks
from data.records import Mode
from flows.terminal import show, table
from tasks.config import BootstrapConfig
from tasks.measures.annotations import annotated

SHOWN = ["judge", "metric", "group", "value", "low", "high", "n", "clusters", "clustered"]


def print_annotations(path: Path, mode: Mode, as_json: bool) -> None:
    """Print every judge's rates with their intervals.

    Raises:
        DataError: the table cannot be read, or a mark is neither 0 nor 1.
    """
    found = annotated(read_marks(path), mode, BootstrapConfig())
    if found.is_empty():
        raise DataError(f"table {str(path)!r} has neither accepts nor hallucinates filled in")
    rows = found.filter(pl.col("group").is_in(["pooled", "macro"])).to_dicts()
    show({"estimates": found.to_dicts()}, as_json, lambda _: table(rows, SHOWN))
