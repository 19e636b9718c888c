"""The history of a folder of runs: one table beside them, changed whole and under a lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from filelock import FileLock, Timeout

from data import schemas, tables
from data.errors import DataError, HostError

FILE, LOCK = "history.parquet", ".history.lock"
PATIENCE_S = 60.0
LATER = ("flow", "limit")  # columns that histories of earlier versions lack
ORDER = ["night", "started", "run", "judge", "probe", "mode", "setting", "measure"]


def read_history(root: Path) -> pl.DataFrame:
    """The history of the runs in `root`, in the order of nights; empty where there is none.

    Raises:
        DataError: the table cannot be read; says how it is made anew.
    """
    path = root / FILE
    if not path.exists():
        return tables.table([], schemas.HISTORY)
    try:
        return _completed(tables.read(path, None), path)
    except DataError as error:
        said = str(error).removesuffix("; `judgeflow reparse RUN` makes a run's tables anew")
        raise DataError(f"{said}; remove it, `judgeflow history rebuild` makes it anew") from error


def _completed(found: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The table with null in the columns that it may lack."""
    lacking = {name: pl.lit(None, schemas.HISTORY[name]) for name in LATER if name not in found}
    frame = found.with_columns(**lacking)
    if dict(frame.schema) != dict(schemas.HISTORY):
        return tables.read(path, schemas.HISTORY)  # says what differs
    return frame.select(list(schemas.HISTORY))


def remember(root: Path, rows: pl.DataFrame, runs: Iterable[str]) -> pl.DataFrame:
    """Put the rows of some runs in place of those they had; return the whole history.

    The same rows twice change nothing, and a reader sees the table before or after, never half.

    Raises:
        DataError: the table that is there cannot be read.
        HostError: it cannot be written, or another process holds it too long.
    """
    with locked(root, LOCK):
        known = read_history(root)
        kept = known.filter(~pl.col("run").is_in(list(runs)))
        merged = pl.concat([kept, rows.select(list(schemas.HISTORY))]).sort(ORDER)
        if not merged.equals(known):
            tables.write(merged, root / FILE)
    return merged


@contextmanager
def locked(root: Path, name: str) -> Iterator[None]:
    """Alone, among processes, with what the lock file `name` in a folder of runs stands for.

    Raises:
        HostError: another process holds it too long, or the folder cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / name, timeout=PATIENCE_S):
            yield
    except Timeout:
        raise HostError(f"{str(root / name)!r} is held by another process; try again") from None
    except OSError as error:
        raise HostError(f"{str(root)!r} cannot be written: {error.strerror}") from error
