"""Rows of JSONL, Parquet and CSV files with the place each one stands at; broken rows too."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from data.errors import DataError
from data.records import RejectedRow, Sample
from data.row_rules import BadRowError, invalid, one_line
from data.samples import SampleRows

MAX_LINE = 16 * 1024 * 1024  # bytes; the longest real row seen is some hundred kilobytes
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it; `problem` says why there are no `values`.

    `line` counts from 1: the line of a JSONL file, the record of a CSV file whose header is
    record 1, the row of a Parquet file.
    """

    file: str
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    text: str | None = None

    def rejected(self, reason: str) -> RejectedRow:
        """The row as the table of rejected rows has it."""
        text = self.text
        if text is None:
            text = json.dumps(dict(self.values), ensure_ascii=False, default=str)
        return RejectedRow(
            file=self.file, line=self.line, reason=one_line(reason, 300), excerpt=one_line(text)
        )


@dataclass
class Collected:
    """What became of the rows read so far."""

    samples: SampleRows = field(default_factory=SampleRows)
    rejected: list[RejectedRow] = field(default_factory=list)
    rows: int = 0


def collect(
    rows: Iterable[RawRow], make: Callable[[Mapping[str, Any]], Sample], into: Collected
) -> None:
    """Add the sample of every good row and the reason of every bad one.

    Of rows with the same sample id the first is kept and the later ones are bad.
    """
    first_at: dict[str, int] = {}
    for row in rows:
        into.rows += 1
        try:
            if row.problem is not None:
                raise BadRowError(row.problem)
            sample = make(row.values)
            line = first_at.setdefault(sample.sample_id, row.line)
            if line != row.line:
                raise BadRowError(f"{sample.sample_id!r} stands already at line {line}")
        except BadRowError as error:
            into.rejected.append(row.rejected(str(error)))
        except ValidationError as error:
            into.rejected.append(row.rejected(invalid(error)))
        else:
            into.samples.append(sample)


def json_lines(path: Path, name: str) -> Iterator[RawRow]:
    """The rows of a JSONL file; blank lines are skipped, lines that cannot be read say why.

    Raises:
        DataError: the file cannot be opened or read.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(MAX_LINE + 1):
                number += 1
                if len(raw) > MAX_LINE:
                    _skip_line(file, raw)
                    problem = f"is longer than {MAX_LINE // 2**20} MiB"
                    yield RawRow(name, number, problem=problem, text=repr(raw[:120]))
                    continue
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                if raw.strip():
                    yield _json_row(name, number, raw)
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def read_table(path: Path, needed: Iterable[str] | None = None) -> Iterable[RawRow]:
    """The rows of a CSV, TSV, JSONL or Parquet file, by its suffix; they can be read once.

    Args:
        path: the file.
        needed: the columns to read; all of them if `None`. CSV cells are text or `None`.

    Raises:
        DataError: the file cannot be read as a whole, or a needed column is not in it.
    """
    columns = None if needed is None else list(dict.fromkeys(needed))
    if path.suffix == ".jsonl":
        rows = list(json_lines(path, path.name))
        present = dict.fromkeys(key for row in rows for key in row.values)
        _require(path, columns, list(present))
        return rows
    frame = _frame(path)
    _require(path, columns, frame.columns)
    first = 1 if path.suffix == ".parquet" else 2
    records = (frame if columns is None else frame.select(columns)).iter_rows(named=True)
    return (RawRow(path.name, line, record) for line, record in enumerate(records, first))


def _require(path: Path, columns: Sequence[str] | None, present: Sequence[str]) -> None:
    missing = [column for column in columns or () if column not in present]
    if missing:
        raise DataError(
            f"{str(path)!r} has no column {missing[0]!r}; it has {list(present)!r:.400}"
        )


def _frame(path: Path) -> pl.DataFrame:
    separators = {".csv": ",", ".tsv": "\t"}
    if path.suffix != ".parquet" and path.suffix not in separators:
        raise DataError(f"{str(path)!r} must end in .csv, .tsv, .jsonl or .parquet")
    try:
        content = io.BytesIO(path.read_bytes())  # polars expands wildcards in paths, not in bytes
        if path.suffix == ".parquet":
            return pl.read_parquet(content)
        return pl.read_csv(content, infer_schema=False, separator=separators[path.suffix])
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except _POLARS_ERRORS as error:
        kind = path.suffix.removeprefix(".")
        cause = one_line(str(error), 200)
        raise DataError(f"{str(path)!r} is not a readable {kind} table: {cause}") from error


def _skip_line(file: io.BufferedReader, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(MAX_LINE)


def _json_row(name: str, number: int, raw: bytes) -> RawRow:
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start + 1}"
        return RawRow(name, number, problem=problem, text=repr(raw[:120]))
    if "\0" in text:
        return RawRow(name, number, problem="holds a NUL byte", text=text)
    try:
        values = _DECODER.decode(text)
        if _LONE_SURROGATE.search(text):
            json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return RawRow(name, number, problem="holds half a surrogate pair", text=text)
    except RecursionError:
        return RawRow(name, number, problem="is nested too deeply", text=text)
    except ValueError as error:
        return RawRow(name, number, problem=f"is not JSON: {error}", text=text)
    if not isinstance(values, dict):
        return RawRow(name, number, problem="is not a JSON object", text=text)
    return RawRow(name, number, values, text=text)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
