"""What an engine needs of a call cache while it asks: look, take a request in hand, keep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from cache.claims import FileClaims
from cache.store import CallCache, Entry
from data.records import Answer

SOONEST_S, LATEST_S = 0.02, 0.5  # between looks at what another process asks
PATIENCE_S = 900.0  # with a process that holds a claim: it may be paused and never answer


class Keeping(Protocol):
    """A call cache as an engine uses it, from one event loop.

    Raises:
        HostError: from every method, where the cache cannot be read or written.
    """

    async def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        ...

    async def take(self, key: str, room: asyncio.Semaphore) -> Answer | None:
        """The stored answer, or `None` once it is this process that shall ask.

        Waits while another process asks, and for a place in `room`, which is held from then on.
        """
        ...

    def step_back(self, key: str) -> None:
        """Give up the place in the room: `key` waits before it is asked again, and stays ours."""
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


class InHand:
    """The requests that this process shall ask, and the place in a room that each takes.

    Few are in hand at once, so that processes that ask the same share it.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, asyncio.Semaphore | None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._rooms

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rooms))

    def add(self, key: str, room: asyncio.Semaphore) -> None:
        """Take a request in hand, whose place in the room is held already."""
        self._rooms[key] = room

    def step_back(self, key: str) -> None:
        """Give up a request's place in the room."""
        room = self._rooms.get(key)
        if room is not None:
            self._rooms[key] = None
            room.release()

    def drop(self, key: str) -> bool:
        """Let go of a request; whether it was in hand."""
        self.step_back(key)
        known = key in self._rooms
        self._rooms.pop(key, None)
        return known


class OwnKeeping:
    """A call cache in a folder: the file is quick, so it is read and written in passing.

    Args:
        cache: looks and stores.
        claims: what keeps the processes of the machine apart, `None` for a process alone.
    """

    def __init__(self, cache: CallCache, claims: FileClaims | None = None) -> None:
        self._cache = cache
        self._claims = claims
        self._mine = InHand()

    async def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        return self._cache.answers(keys)

    async def take(self, key: str, room: asyncio.Semaphore) -> Answer | None:
        """The stored answer, perhaps another thread's or process's, or `None`."""
        pause_s, deadline = SOONEST_S, float("inf")
        while key not in self._mine:
            await room.acquire()
            if self._claimed(key) or time.monotonic() > deadline:
                self._mine.add(key, room)
                answer = self._cache.answers([key]).get(key)
                if answer is not None:
                    self.let_go(key)
                return answer
            room.release()
            deadline = min(deadline, time.monotonic() + PATIENCE_S)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LATEST_S)
        return None

    def _claimed(self, key: str) -> bool:
        return self._claims is None or self._claims.take(key)

    async def ready(self) -> None:
        """A full disk is found by the first answer; until then it is as good as ready."""

    async def keep(self, entry: Entry) -> Answer:
        """Store an entry durably; return its answer."""
        self._cache.put(entry)
        return entry.answer

    def step_back(self, key: str) -> None:
        """Give up the place in the room."""
        self._mine.step_back(key)

    def let_go(self, key: str) -> None:
        """Another process may ask."""
        if self._mine.drop(key) and self._claims is not None:
            self._claims.let_go(key)

    async def close(self) -> None:
        """Let go of everything."""
        for key in self._mine:
            self.let_go(key)
        if self._claims is not None:
            self._claims.close()
