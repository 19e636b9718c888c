"""`judgeflow annotations`: what people say of judges' outputs, from a table of their marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import DataError
from data.records import Mode
from data.row_reading import RawRow, read_table
from flows.terminal import show, table
from tasks.config import BootstrapConfig
from tasks.measures.annotations import annotated

KNOWN = {"1": True, "0": False, "true": True, "false": False, "": None, "none": None}
SHOWN = ["judge", "metric", "group", "value", "low", "high", "n", "clusters", "clustered"]


def print_annotations(path: Path, mode: Mode, as_json: bool) -> None:
    """Print every judge's rates with their intervals.

    Raises:
        DataError: the table cannot be read, or a mark is neither 0 nor 1.
    """
    if not path.is_file():
        raise DataError(f"table {str(path)!r} does not exist")
    marks = list(_marks(path))
    if not marks:
        raise DataError(f"table {str(path)!r} has no rows")
    found = annotated(marks, mode, BootstrapConfig())
    if found.is_empty():
        raise DataError(f"table {str(path)!r} has neither accepts nor hallucinates filled in")
    rows = found.filter(pl.col("group").is_in(["pooled", "macro"])).to_dicts()
    show({"estimates": found.to_dicts()}, as_json, lambda _: table(rows, SHOWN))


def _marks(path: Path) -> Iterator[dict[str, Any]]:
    for row in read_table(path):
        if row.problem:
            raise DataError(f"{row.file}:{row.line}: {row.problem}")
        for name in ("sample", "judge"):
            if row.values.get(name) is None:
                raise DataError(f"{row.file}:{row.line}: column {name!r} is missing or empty")
        yield {
            "sample": str(row.values["sample"]),
            "judge": str(row.values["judge"]),
            "repeat": _number(row),
            "source": row.values.get("source"),
            "cluster": row.values.get("cluster"),
            "accepts": _mark(row, "accepts"),
            "hallucinates": _mark(row, "hallucinates"),
        }


def _number(row: RawRow) -> int:
    text = str(row.values.get("repeat") or 0)
    if not text.isdecimal():
        raise DataError(f"{row.file}:{row.line}: repeat must be a whole number, got {text!r:.40}")
    return int(text)


def _mark(row: RawRow, name: str) -> bool | None:
    text = str(row.values.get(name)).strip().lower().removesuffix(".0")
    if text not in KNOWN:
        raise DataError(f"{row.file}:{row.line}: {name} must be 0 or 1, got {text!r:.40}")
    return KNOWN[text]
