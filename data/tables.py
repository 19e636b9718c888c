"""How tables are made, stored and read; their columns stand in `data/schemas.py`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from polars import Schema

from data.errors import DataError
from data.records import RejectedRow
from data.run_lock import require_held
from data.schemas import REJECTED

ROWS_AT_ONCE = 5000  # as Python objects


def table(rows: Iterable[Mapping[str, Any]], schema: Schema) -> pl.DataFrame:
    """A table of exactly the schema's columns; missing keys become null, unknown keys fail."""
    given, parts = iter(rows), [pl.DataFrame(schema=schema)]
    while some := list(islice(given, ROWS_AT_ONCE)):
        unknown = {key for row in some for key in row} - set(schema)
        if unknown:
            raise DataError(f"columns {sorted(unknown)!r} are not in the schema {list(schema)!r}")
        parts.append(pl.DataFrame(some, schema=schema, orient="row", strict=True))
    return pl.concat(parts)


def write(frame: pl.DataFrame, path: Path) -> None:
    """Store a table so that a reader sees all of it or the previous one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            frame.write_parquet(file, compression="zstd", statistics=True)
            file.flush()
            os.fsync(file.fileno())
        require_held(path)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path, schema: Schema | None, columns: list[str] | None = None) -> pl.DataFrame:
    """The table at `path`, checked against its schema; `None` takes those of other versions too.

    Of a table with a schema, `columns` alone are read where they are named.
    """
    try:
        found = schema if schema is None else pl.read_parquet_schema(path)
        frame = pl.read_parquet(path, columns=columns if found == schema else None)
    except FileNotFoundError as error:
        raise DataError(f"table {str(path)!r} does not exist") from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{str(path)!r} is not a readable Parquet table: {error}") from error
    if schema is not None and found is not None and found != schema:
        other = sorted(set(found.items()) ^ set(schema.items()), key=str)
        names = sorted({name for name, _ in other}) or "in another order"
        raise DataError(
            f"{str(path)!r} is of another version: its columns differ in {names!r:.200}; "
            "`judgeflow reparse RUN` makes a run's tables anew"
        )
    return frame


def rejected_table(rows: Iterable[RejectedRow]) -> pl.DataFrame:
    """Rejected dataset rows as a table."""
    return table((row.model_dump() for row in rows), REJECTED)
