"""Single flight: identical requests in flight are sent once, across tasks, loops and threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Lets the first caller of a key do the work and gives its result to the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}

    async def do(self, key: str, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result of `work` for `key`, and whether this caller did it.

        If the caller that leads is cancelled, the next one takes over.
        """
        while True:
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    flight = self._flights[key] = Future()
                    break
            try:
                return await asyncio.shield(asyncio.wrap_future(flight)), False
            except (asyncio.CancelledError, FutureCancelledError):
                if not flight.cancelled():
                    raise  # it is this caller that was cancelled, not the leader
        return await self._lead(key, flight, work), True

    async def _lead(self, key: str, flight: Future[T], work: Callable[[], Awaitable[T]]) -> T:
        try:
            result = await work()
        except asyncio.CancelledError:
            self._land(key)
            flight.cancel()
            raise
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(result)
        return result

    def _land(self, key: str) -> None:
        with self._lock:
            self._flights.pop(key, None)
