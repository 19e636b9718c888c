"""The call cache on a Redis server, which many machines share: the rules are those of a folder."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cache.redis_server import RedisServer
from cache.store import DamagedError, Entry, age_s, entry_text, read_answer, read_entry
from data.errors import HostError
from data.records import Answer

log = logging.getLogger("judgeflow.cache")
ANSWERS = "judgeflow:answer:"
WAIT_MS = 5000  # for the server's disk, asked again while patience lasts
_AT_ONCE = 500


class RedisCallCache:
    """Entries as text under `judgeflow:answer:KEY`; without expiry, whatever their number."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.promise = server.promise()
        self.damaged = 0
        self._client: Any = server.client()

    def get(self, key: str, max_age_s: float | None = None) -> Entry | None:
        """The entry of `key`; `None` if absent, older than `max_age_s` or damaged."""
        text = self._texts([key])[0]
        if text is None:
            return None
        try:
            entry = read_entry(key, text)
        except DamagedError as error:
            self.found_damaged(key, error)
            return None
        return None if max_age_s is not None and age_s(entry) > max_age_s else entry

    def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        found = {}
        for some in _pages(keys):
            for key, text in zip(some, self._texts(some), strict=True):
                try:
                    if text is not None:
                        found[key] = read_answer(text)
                except DamagedError as error:
                    self.found_damaged(key, error)
        return found

    def has(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that have an entry, damaged or not."""
        found = set()
        for some in _pages(list(keys)):
            there = self._all([("EXISTS", ANSWERS + key) for key in some])
            found |= {key for key, known in zip(some, there, strict=True) if known}
        return found

    def put(self, entry: Entry) -> None:
        """Store an entry as durably as the server can, replacing what the key held."""
        self.put_all([entry])

    def put_all(self, entries: Iterable[Entry]) -> None:
        """Store entries as durably as the server can, replacing what their keys held."""
        for some in _pages(list(entries)):
            commands = [("SET", ANSWERS + e.key, encoded(entry_text(e))) for e in some]
            self._all(commands, durable=True)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every key and stored text, by key; a value that is not text is an empty string."""
        found = self._do(lambda: set(self._client.scan_iter(match=f"{ANSWERS}*", count=1000)))
        keys = sorted(found)
        for some in _pages([key.decode("utf-8", "replace")[len(ANSWERS) :] for key in keys]):
            for key, text in zip(some, self._texts(some), strict=True):
                yield key, text or ""

    def delete(self, keys: Iterable[str]) -> int:
        """Remove entries and return how many there were."""
        return sum(
            sum(self._all([("UNLINK", ANSWERS + key) for key in some], durable=True))
            for some in _pages(list(keys))
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def found_damaged(self, key: str, error: DamagedError) -> None:
        """Count a damaged entry and say so."""
        self.damaged += 1
        log.warning("cache entry %s is damaged (%s) and is treated as absent", key[:12], error)

    def _texts(self, keys: Sequence[str]) -> list[str | None]:
        names = [ANSWERS + key for key in keys]
        return [decoded(value) for value in self._do(lambda: self._client.mget(names))]

    def _do(self, work: Any) -> Any:
        return self.server.patiently(work)

    def _all(self, commands: Sequence[tuple[Any, ...]], durable: bool = False) -> list[Any]:
        waits = durable and self.promise.waits

        def work() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            if waits:
                pipe.execute_command("WAITAOF", 1, 0, WAIT_MS)
            return self.server.replies(pipe.execute(raise_on_error=False))

        done: list[Any] = self._do(work)
        if waits and not done.pop()[0]:
            raise not_on_disk(self.server)
        return done


def encoded(text: str) -> bytes:
    """A text as stored."""
    return text.encode("utf-8", "surrogatepass")


def decoded(value: bytes | None) -> str | None:
    """A stored text; what is no text is damaged, and an empty one says so."""
    try:
        return None if value is None else value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return ""


def not_on_disk(server: RedisServer) -> HostError:
    """The error of a server that does not get an answer onto its disk."""
    return HostError(
        f"the call cache at {server.name!r} did not write to its disk within {WAIT_MS / 1000:.0f} "
        "s; see to that disk, then `judgeflow resume`"
    )


def _pages(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
