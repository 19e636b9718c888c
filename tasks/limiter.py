"""How fast an endpoint may be asked: concurrency that backs off and recovers, and a pace."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

BACK_OFF = 0.7  # of the concurrency, after a rejection
SETTLE_S = 1.0  # rejections within this time after a back-off are its echo, not a new reason


class Limiter:
    """Slots for calls to one endpoint; used from one event loop.

    Args:
        concurrency: calls in flight at most.
        requests_per_minute: starts per minute at most, `None` for no pace.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = concurrency
        self.limit = float(concurrency)
        self.active = 0
        self._interval_s = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._next_start = 0.0
        self._paused_until = 0.0
        self._backed_off_at = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._clock = clock

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one place among the calls in flight."""
        await self._enter()
        try:
            yield
        finally:
            self.active -= 1
            self._wake()

    def succeeded(self) -> None:
        """A call was accepted: about one more slot per round of calls, up to the configured."""
        self.limit = min(float(self.most), self.limit + 1.0 / max(self.limit, 1.0))
        self._wake()

    def pushed_back(self, retry_after_s: float | None) -> None:
        """The endpoint rejected a call as too much: fewer at once, and a pause if it named one."""
        now = self._clock()
        if retry_after_s:
            self._paused_until = max(self._paused_until, now + retry_after_s)
        if now - self._backed_off_at >= SETTLE_S:
            self._backed_off_at = now
            self.limit = max(1.0, self.limit * BACK_OFF)

    async def _enter(self) -> None:
        while True:
            while self.active >= int(self.limit):
                place = asyncio.get_running_loop().create_future()
                self._waiting.append(place)
                try:
                    await place
                except asyncio.CancelledError:
                    if place.done() and not place.cancelled():
                        self._wake()  # pass the place on
                    raise
            self.active += 1  # taken before any sleep, so that a pause wakes no crowd
            try:
                await self._keep_pace()
            except BaseException:
                self.active -= 1
                self._wake()
                raise
            return

    async def _keep_pace(self) -> None:
        while (wait_s := self._paused_until - self._clock()) > 0:
            await asyncio.sleep(wait_s)
        if self._interval_s:
            start = max(self._next_start, self._clock())
            self._next_start = start + self._interval_s
            if start > self._clock():
                await asyncio.sleep(start - self._clock())

    def _wake(self) -> None:
        free = int(self.limit) - self.active
        while self._waiting and free > 0:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1
