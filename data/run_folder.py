"""A run's folder: everything a run knows, so that it can be resumed, reported and moved."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import secrets
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from data import schemas, tables
from data.errors import DataError, HostError
from data.run_lock import require_held

FORMAT = 2  # of run.json and the tables


class RunFolder:
    """Paths and atomic reads and writes of one run; the run's id is the folder's name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return self.path.name

    @classmethod
    def create(cls, path: Path, files: Mapping[str, str], **facts: Any) -> RunFolder:
        """Make a new folder with `run.json` and text files by name; it appears whole or not at all.

        Raises:
            DataError: the folder holds a run already, or other files.
            HostError: the folder cannot be made.
        """
        if (path / "run.json").exists():
            raise DataError(f"{str(path)!r} holds a run; `judgeflow resume {path}` continues it")
        if path.is_dir() and any(path.iterdir()):
            raise DataError(f"run folder {str(path)!r} is not empty; give another --run-dir")
        started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        known = {"run_id": path.name, "format": FORMAT, "nonce": secrets.token_hex(8)}
        record = json.dumps({**known, "started": started, **facts}, indent=1)
        draft = cls(path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial"))
        try:
            for name, text in {**files, "run.json": record}.items():
                draft.write_text(name, text)
            with _Writing(path):
                draft.path.rename(path)
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run.

        Raises:
            DataError: there is no run at `path`, or a newer judgeflow wrote it.
        """
        run = cls(path.resolve())
        found = run.facts().get("format")
        if found is None:
            raise DataError(f"{str(path / 'run.json')!r} is not a run's record")
        if found != FORMAT:
            raise DataError(f"run {str(path)!r} was written by another version of judgeflow")
        return run

    def facts(self) -> dict[str, Any]:
        """The contents of `run.json`."""
        try:
            loaded = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise DataError(f"there is no run at {str(self.path)!r}") from error
        except (OSError, ValueError) as error:
            raise DataError(f"{str(self.path / 'run.json')!r} cannot be read") from error
        if not isinstance(loaded, dict):
            raise DataError(f"{str(self.path / 'run.json')!r} is not a run's record")
        return loaded

    def note(self, **facts: Any) -> dict[str, Any]:
        """Merge facts into `run.json` and return all of them."""
        merged = {**self.facts(), **facts}
        self.write_text("run.json", json.dumps(merged, indent=1))
        return merged

    def table(self, name: str, without: Iterable[str] = ()) -> pl.DataFrame:
        """The stored table of that name; columns `without` which one can do are not read."""
        self.require(name)
        left = [column for column in schemas.TABLES[name] if column not in set(without)]
        return tables.read(self.path / f"{name}.parquet", schemas.TABLES[name], left)

    def require(self, name: str) -> None:
        """Refuse to go on without a table.

        Raises:
            DataError: the run has not come so far, or has lost it.
        """
        if self.has(name):
            return
        if self.facts().get("finished"):
            raise DataError(f"run {str(self.path)!r} has lost its table {name!r}")
        raise DataError(
            f"run {self.run_id!r} is unfinished and has no table {name!r} yet; "
            f"`judgeflow resume {self.path}` finishes it"
        )

    def has(self, name: str) -> bool:
        """Whether the table of that name is stored."""
        return (self.path / f"{name}.parquet").exists()

    def answers(self) -> pl.DataFrame:
        """Every answer of the run so far, from its shards."""
        files = sorted((self.path / "answers").glob("*.parquet"))
        frames = [tables.read(path, schemas.ANSWERS) for path in files]
        return pl.concat(frames) if frames else tables.table([], schemas.ANSWERS)

    def store(self, name: str, frame: pl.DataFrame) -> None:
        """Store a table whole."""
        with self._writing():
            tables.write(frame.select(list(schemas.TABLES[name])), self.path / f"{name}.parquet")

    def write_text(self, name: str, text: str) -> None:
        """Store a text file whole."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Store a file whole."""
        path = self.path / name
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
            try:
                with partial.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                require_held(path)  # a disk may take its time, and so may a paused process
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def file(self, name: str) -> Path:
        """The path of a file that the run has.

        Raises:
            DataError: it is not there.
        """
        path = self.path / name
        if not path.is_file():
            raise DataError(
                f"run {str(self.path)!r} has lost its file {name!r}; put it back from a copy, or "
                "start a new run: what is answered costs nothing again"
            )
        return path

    def text(self, name: str) -> str:
        """The contents of a text file of the run.

        Raises:
            DataError: it is not there, or cannot be read.
        """
        path = self.file(name)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{str(path)!r} cannot be read: {error}") from error

    def _writing(self) -> _Writing:
        require_held(self.path)
        return _Writing(self.path)


class _Writing:
    """Turns a full disk or a read-only folder into one clear line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
            raise HostError(f"run folder {str(self._path)!r} cannot be written: {reason}") from None


def new_run_path(runs: Path, name: str, tail: str | None = None) -> Path:
    """A folder name that sorts by time and is not taken: `20261123-201500-demo-1a2b`."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    word = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
    return (runs / f"{stamp}-{word}-{tail or secrets.token_hex(2)}").resolve()
