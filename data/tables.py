"""The tables that travel between stages: their columns and types, and how they are stored.

Every column is described in `docs/tables.md`; a test keeps the two in step.
"""

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

_STR, _INT, _NUM, _BOOL = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()

SAMPLES = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "instruction": _STR,
        "images": pl.List(pl.Struct({"path": pl.String(), "sha256": pl.String()})),
        "responses": pl.List(pl.Struct({"author": pl.String(), "text": pl.String()})),
        "labels": pl.List(
            pl.Struct({"annotator": pl.String(), "verdict": pl.String(), "origin": pl.String()})
        ),
    }
)

REJECTED = Schema({"file": _STR, "line": _INT, "reason": _STR, "excerpt": _STR})

IMAGES = Schema(
    {
        "source_sha256": _STR,
        "path": _STR,
        "limits": _STR,
        "change": _STR,
        "sha256": _STR,
        "media_type": _STR,
        "width": _INT,
        "height": _INT,
        "bytes": _INT,
        "passed_through": _BOOL,
        "encoder": _STR,
        "note": _STR,
    }
)

PLAN = Schema(
    {
        "round": _INT,
        "shard": _STR,
        "request_key": _STR,
        "purpose": _STR,
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "epoch": _STR,
        "presented": pl.List(pl.Int64()),
        "images": pl.List(pl.String()),
        "labels": pl.List(pl.String()),
        "input_tokens": _INT,
        "max_output_tokens": _INT,
        "expected_usd": _NUM,
        "max_usd": _NUM,
    }
)

ANSWERS = Schema(
    {
        "request_key": _STR,
        "judge": _STR,
        "status": _STR,
        "text": _STR,
        "finish_reason": _STR,
        "model": _STR,
        "fingerprint": _STR,
        "input_tokens": _INT,
        "output_tokens": _INT,
        "reasoning_tokens": _INT,
        "latency_s": _NUM,
        "attempts": _INT,
        "usd": _NUM,
        "cached": _BOOL,
        "failure": _STR,
        "message": _STR,
        "created_at": _STR,
        "without": pl.List(pl.String()),
        "label_tokens": _STR,
    }
)

VERDICTS = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "epoch": _STR,
        "status": _STR,
        "verdict": _STR,
        "raw_verdict": _STR,
        "reason": _STR,
        "confidence": _NUM,
        "request_key": _STR,
    }
)

CLAIMS = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "number": _INT,
        "claim": _STR,
        "about": _STR,
        "kind": _STR,
        "quote": _STR,
        "found": _STR,
        "found_by": _STR,
        "wrong_verdict": _BOOL,
        "request_key": _STR,
    }
)

ESTIMATES = Schema(
    {
        "judge": _STR,
        "mode": _STR,
        "setting": _STR,
        "probe": _STR,
        "arm": _STR,
        "metric": _STR,
        "group": _STR,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "method": _STR,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "n": _INT,
        "n_missing": _INT,
        "clusters": _INT,
        "clustered": _BOOL,
        "repeat_rule": _STR,
        "note": _STR,
    }
)

DIFFERENCES = Schema(
    {
        "mode": _STR,
        "judge": _STR,
        "setting": _STR,
        "other": _STR,
        "other_setting": _STR,
        "metric": _STR,
        "primary": _BOOL,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "p": _NUM,
        "p_adjusted": _NUM,
        "n": _INT,
        "share_lost": _NUM,
        "clusters": _INT,
        "clustered": _BOOL,
        "note": _STR,
    }
)

COMPARISON = Schema(
    {
        "against": _STR,
        "mode": _STR,
        "judge": _STR,
        "setting": _STR,
        "metric": _STR,
        "decides": _BOOL,
        "finding": _STR,
        "before": _NUM,
        "now": _NUM,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "p": _NUM,
        "p_worse": _NUM,
        "p_adjusted": _NUM,
        "smallest": _NUM,
        "sees": _NUM,
        "n": _INT,
        "lost_before": _NUM,
        "lost_now": _NUM,
        "share_lost": _NUM,
        "clusters": _INT,
        "clustered": _BOOL,
        "note": _STR,
    }
)

HISTORY = Schema(
    {
        "run": _STR,
        "name": _STR,
        "night": _STR,
        "started": _STR,
        "status": _STR,
        "flow": _STR,
        "dataset": _STR,
        "limit": _INT,
        "judge": _STR,
        "simulated": _BOOL,
        "mode": _STR,
        "setting": _STR,
        "probe": _STR,
        "measure": _STR,
        "primary": _BOOL,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "n": _INT,
        "n_missing": _INT,
        "clusters": _INT,
        "epoch": _STR,
        "model_versions": pl.List(pl.String()),
        "usd": _NUM,
        "calls": _INT,
        "anchors": _STR,
        "prints": _STR,
    }
)

TABLES: Mapping[str, Schema] = {
    "samples": SAMPLES,
    "fresh": SAMPLES,
    "rejected": REJECTED,
    "images": IMAGES,
    "plan": PLAN,
    "answers": ANSWERS,
    "verdicts": VERDICTS,
    "claims": CLAIMS,
    "estimates": ESTIMATES,
    "differences": DIFFERENCES,
    "comparison": COMPARISON,
    "anchors": SAMPLES,
    "history": HISTORY,
}


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
