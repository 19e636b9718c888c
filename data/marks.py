"""Tables of what people say of a judge's outputs: accepted or not, hallucinated or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import DataError
from data.row_reading import RawRow, read_table

KNOWN = {"1": True, "0": False, "true": True, "false": False, "": None, "none": None}


def read_marks(path: Path) -> list[dict[str, Any]]:
    """A mapping per row: `sample`, `judge`, `repeat`, `source`, `cluster` and the marks.

    The marks `accepts` and `hallucinates` are true, false or null. `probability` is how likely the
    output was to be looked at, null where the table does not say.

    Raises:
        DataError: the table cannot be read or has no rows, or a mark is neither 0 nor 1.
    """
    if not path.is_file():
        raise DataError(f"table {str(path)!r} does not exist")
    marks = list(_marks(path))
    if not marks:
        raise DataError(f"table {str(path)!r} has no rows")
    return marks


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
            "probability": _probability(row),
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


def _probability(row: RawRow) -> float | None:
    given = row.values.get("probability")
    if given is None or str(given).strip() == "":
        return None
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 < value <= 1:
        raise DataError(
            f"{row.file}:{row.line}: probability must be above 0 and at most 1, got {given!r:.40}"
        )
    return value
