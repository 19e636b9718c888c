"""What an engine needs of a call cache while it asks: look, take a request in hand, keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cache.store import CallCache, Entry
from data.records import Answer


class Keeping(Protocol):
    """A call cache as an engine uses it, from one event loop.

    Raises:
        HostError: from every method, where the cache cannot be read or written.
    """

    async def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        ...

    async def take(self, key: str) -> Answer | None:
        """The stored answer, or `None` once it is this process that shall ask.

        Waits while another process asks.
        """
        ...

    async def ready(self) -> None:
        """Return once an answer could be kept; nothing is sent before."""
        ...

    async def keep(self, entry: Entry) -> Answer:
        """Store an entry durably; return the answer that stands, an earlier one if there is one."""
        ...

    def let_go(self, key: str) -> None:
        """This process does not ask for `key`, or no longer; another may."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class OwnKeeping:
    """A cache that only this machine uses: the file is quick, and nobody else asks."""

    def __init__(self, cache: CallCache) -> None:
        self._cache = cache

    async def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        return self._cache.answers(keys)

    async def take(self, key: str) -> Answer | None:
        """The stored answer, perhaps another thread's or process's, or `None`."""
        return self._cache.answers([key]).get(key)

    async def ready(self) -> None:
        """A full disk is found by the first answer; until then it is as good as ready."""

    async def keep(self, entry: Entry) -> Answer:
        """Store an entry durably; return its answer."""
        self._cache.put(entry)
        return entry.answer

    def let_go(self, key: str) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        """Nothing is held."""
