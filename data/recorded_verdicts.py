"""Verdicts that a judge gave before, read from somebody's table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from data.errors import DataError
from data.layout import TableColumns
from data.recorded_table import cell_text, number_text, sample_key, table_rows
from data.row_reading import RawRow, read_table
from data.row_rules import BadRowError


def read_verdicts(
    path: Path, columns: TableColumns, *, where_judge: str | None, missing: tuple[str, ...]
) -> dict[tuple[str, int], str | None]:
    """Raw verdicts of a recorded judge by (row key of the sample, repeat).

    Repeats are numbered from 0 in the ascending order of the repeat column's values, so tables
    that count from 1 need no special care; without such a column every repeat is 0.

    Args:
        path: a CSV, TSV, JSONL or Parquet table.
        columns: `sample` and `verdict`, and `judge` and `repeat` where the table has them.
        where_judge: only rows whose judge column holds this; all rows if `None`.
        missing: verdicts that mean "there is none", such as `"-1"`; null and blank mean so too.

    Returns:
        The verdict as the table has it, or `None` where it is missing.

    Raises:
        DataError: a column is missing, a row cannot be read, or a verdict stands twice.
    """
    if columns.verdict is None:
        raise DataError(f"reading verdicts from {str(path)!r} needs columns.verdict")
    if where_judge is not None and columns.judge is None:
        raise DataError(f"where_judge {where_judge!r} needs columns.judge")
    found: dict[tuple[str, int], str | None] = {}
    absent = {number_text(code) for code in missing}
    rows = _of_judge(path, table_rows(path, columns), columns, where_judge)
    for row in rows:
        try:
            key = (sample_key(row, columns), _repeat(row, columns))
        except BadRowError as error:
            raise DataError(f"{row.file}:{row.line}: {error}") from error
        if key in found:
            advice = "name the judge and repeat columns" if columns.repeat is None else "keep one"
            place = f"{row.file}:{row.line}"
            raise DataError(f"{place}: sample {key[0]!r} has a second verdict; {advice}")
        text = cell_text(row.values.get(columns.verdict))
        found[key] = None if text is None or number_text(text) in absent else text
    order = {value: rank for rank, value in enumerate(sorted({repeat for _, repeat in found}))}
    return {(sample, order[repeat]): verdict for (sample, repeat), verdict in found.items()}


def read_probabilities(
    path: Path, columns: TableColumns, logprobs: Sequence[str], *, where_judge: str | None
) -> dict[tuple[str, int], tuple[float, ...]]:
    """Probabilities of the scale's levels by (row key of the sample, repeat), summing to 1.

    Args:
        path: a CSV, TSV, JSONL or Parquet table.
        columns: as for `read_verdicts`.
        logprobs: the columns with the log-probabilities of the levels, lowest level first.
        where_judge: only rows whose judge column holds this; all rows if `None`.

    Raises:
        DataError: a column is missing or holds no number in a row.
    """
    found: dict[tuple[str, int], tuple[float, ...]] = {}
    rows = list(read_table(path, [columns.sample, *logprobs]))
    for row in _of_judge(path, rows, columns, where_judge):
        try:
            key = (sample_key(row, columns), _repeat(row, columns))
            given = [float(str(row.values.get(name))) for name in logprobs]
        except (BadRowError, ValueError) as error:
            raise DataError(f"{row.file}:{row.line}: {error}") from error
        if any(math.isnan(value) or value > 1e-6 for value in given):
            raise DataError(f"{row.file}:{row.line}: a log-probability is above 0 or not a number")
        most = max(given)
        if most == -math.inf:
            raise DataError(f"{row.file}:{row.line}: every level has probability 0")
        weights = [math.exp(value - most) for value in given]
        found[key] = tuple(weight / sum(weights) for weight in weights)
    order = {value: rank for rank, value in enumerate(sorted({repeat for _, repeat in found}))}
    return {(sample, order[repeat]): chances for (sample, repeat), chances in found.items()}


def _of_judge(
    path: Path, rows: list[RawRow], columns: TableColumns, judge: str | None
) -> list[RawRow]:
    if judge is None or columns.judge is None:
        return rows
    kept = [row for row in rows if cell_text(row.values.get(columns.judge)) == judge]
    if not kept:
        known = sorted({cell_text(row.values.get(columns.judge)) or "" for row in rows})
        raise DataError(f"{str(path)!r} has no judge {judge!r}; known: {known!r:.200}")
    return kept


def _repeat(row: RawRow, columns: TableColumns) -> int:
    if columns.repeat is None:
        return 0
    text = number_text(cell_text(row.values.get(columns.repeat)) or "")
    if not text.isdecimal() or len(text) > 9:
        raise BadRowError(f"{columns.repeat} must be a whole number, got {text!r:.60}")
    return int(text)
