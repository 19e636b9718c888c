"""The call cache on one machine: diskcache, opened so that it cannot evict and cannot unpickle."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_TEXT, UNKNOWN

from cache.store import DamagedError, Entry, age_s, entry_text, read_answer, read_entry
from data.errors import HostError
from data.records import Answer

log = logging.getLogger("judgeflow.cache")
_PAGE = (
    "SELECT key, value, mode FROM Cache WHERE raw = 1 AND typeof(key) = 'text' AND key > ? "
    "ORDER BY key LIMIT 500"
)
_SOME = "SELECT key, value, mode FROM Cache WHERE raw = 1 AND key IN ({})"
_KEYS = "SELECT key FROM Cache WHERE raw = 1 AND key IN ({})"
_AT_ONCE = 500
_INLINE = 1 << 40  # bytes: every value stays in the database, none in a file whose name is data


class TextDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """A diskcache disk that stores and fetches text only; pickles and files are refused."""

    def put(self, key: Any) -> tuple[str, bool]:
        """The database form of a key; only text keys exist here."""
        if not isinstance(key, str):
            raise TypeError(f"cache keys are text, got {key!r:.60}")
        return key, True

    def get(self, key: Any, raw: bool) -> str:
        """The key of a database row; a pickled one is never loaded."""
        if not raw or not isinstance(key, str):
            raise DamagedError("a key that is not text")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, None, str]:
        """The database form of a value; only text is stored."""
        if not isinstance(value, str) or read:
            raise TypeError(f"cache values are text, got {type(value).__name__}")
        return 0, MODE_TEXT, None, value

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> str:
        """The text of a row; a pickle, a file or anything else is never opened."""
        if mode != MODE_TEXT or filename is not None or read or not isinstance(value, str):
            raise DamagedError(f"a value of storage mode {mode!r}, which is not text")
        return value


class DiskCallCache:
    """Entries in a diskcache folder; safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._cache = diskcache.Cache(
                str(folder),
                disk=TextDisk,
                disk_min_file_size=_INLINE,
                eviction_policy="none",
                cull_limit=0,
                size_limit=_INLINE,
                timeout=60,
            )
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            raise _host_error(folder, error) from error

    def get(self, key: str, max_age_s: float | None = None) -> Entry | None:
        """The entry of `key`; `None` if absent, older than `max_age_s` or damaged."""
        try:
            text = self._cache.get(key)
            if text is None:
                return None
            entry = read_entry(key, text)
        except DamagedError as error:
            self._damaged(key, error)
            return None
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            raise _host_error(self.folder, error) from error
        if max_age_s is not None and age_s(entry) > max_age_s:
            return None
        return entry

    def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        found = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = tuple(keys[start : start + _AT_ONCE])
            with self._telling():
                marks = ", ".join("?" * len(some))
                rows = self._cache._sql(_SOME.format(marks), some).fetchall()
            for key, value, mode in rows:
                try:
                    found[key] = read_answer(value if mode == MODE_TEXT else "")
                except DamagedError as error:
                    self._damaged(key, error)
        return found

    def has(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that have an entry, damaged or not."""
        wanted, found = list(keys), set()
        with self._telling():
            for start in range(0, len(wanted), _AT_ONCE):
                some = tuple(wanted[start : start + _AT_ONCE])
                asked = _KEYS.format(", ".join("?" * len(some)))
                found |= {key for (key,) in self._cache._sql(asked, some)}
        return found

    def put(self, entry: Entry) -> None:
        """Store an entry durably, replacing what the key held."""
        with self._telling():
            self._cache.set(entry.key, entry_text(entry))

    def put_all(self, entries: Iterable[Entry]) -> None:
        """Store entries durably, all or none, replacing what their keys held."""
        with self._telling(), self._cache.transact():
            for entry in entries:
                self._cache.set(entry.key, entry_text(entry))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every key and stored text; a value that is not text is given as an empty string."""
        last = ""
        while page := self._page(last):
            for key, value, mode in page:
                yield key, value if mode == MODE_TEXT and isinstance(value, str) else ""
            last = page[-1][0]

    def _page(self, after: str) -> list[tuple[str, Any, int]]:
        with self._telling():
            return list(self._cache._sql(_PAGE, (after,)))

    def delete(self, keys: Iterable[str]) -> int:
        """Remove entries and return how many there were."""
        with self._telling(), self._cache.transact():
            return sum(bool(self._cache.delete(key)) for key in keys)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turns what the disk or the database refuses into one clear line."""
        try:
            yield
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            raise _host_error(self.folder, error) from error

    def _damaged(self, key: str, error: DamagedError) -> None:
        self.damaged += 1
        log.warning("cache entry %s is damaged (%s) and is treated as absent", key[:12], error)

    def close(self) -> None:
        """Close the database connections of this thread."""
        self._cache.close()


def _host_error(folder: Path, error: Exception) -> HostError:
    said = " ".join(str(error).split()) or type(error).__name__
    reason = said.partition(" with text")[0][:120]  # SQLite quotes what it cannot decode
    if re.search(r"malformed|not a database|corrupt|[Cc]ould not decode", reason):
        return HostError(
            f"the call cache at {str(folder)!r} is damaged: {reason}; put back a copy, or move it "
            "away and `judgeflow cache import` an export; what neither holds is asked again"
        )
    return HostError(
        f"the call cache at {str(folder)!r} cannot be used: {reason}; "
        "free space or make the folder writable, then `judgeflow resume`"
    )
