"""How fast one endpoint is asked: calls in flight, pace, and pauses it asks for."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tasks.clients.waiting import Allowance
from tasks.pace import Pace

BACK_OFF = 0.7  # of the concurrency, when the endpoint says it is overloaded
SETTLE_S = 1.0  # overload told within this time after a back-off is its echo, not a new reason
SHORTEST_PAUSE_S = 2.0  # below it only the rejected call waits; the others go on more slowly
AHEAD = 2  # requests in hand for each call in flight: when one ends, the next is ready
SCARCE = 0.1  # share of an allowance left, from which on the endpoint's own refill rate is kept


@dataclass
class Started:
    """When a call was let through."""

    at: float


class Limiter:
    """Slots for calls to one endpoint; used from one event loop.

    Args:
        concurrency: calls in flight at most.
        requests_per_minute: starts per minute at most, `None` for no ceiling.
        tokens_per_minute: tokens per minute at most, `None` for no ceiling.
        clock: seconds, monotonic.
        turn: waits for ceilings that other processes keep too, given a call's tokens.

    Attributes:
        room: places for the requests that are in hand: asked, or next.
    """

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        turn: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._turn = turn
        self.most = concurrency
        self.room = asyncio.Semaphore(AHEAD * concurrency)
        self.limit = float(concurrency)
        self.active = 0
        self.pace = Pace(
            requests_per_minute / 60 if requests_per_minute else None,
            tokens_per_minute / 60 if tokens_per_minute else None,
        )
        self._paused_until = float("-inf")
        self._backed_off_at = float("-inf")
        self._waiting: deque[tuple[asyncio.Future[Started], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._clock = clock

    @asynccontextmanager
    async def slot(self, tokens: int = 0, again: bool = False) -> AsyncIterator[Started]:
        """Hold one place among the calls in flight; calls asked again go first."""
        started = await self._enter(tokens, again)
        try:
            if self._turn is not None:
                await self._turn(tokens)
                started.at = self._clock()
            yield started
        finally:
            self.active -= 1
            self._pump()

    def succeeded(self) -> None:
        """A call was accepted: about one more slot per round of calls, up to the configured."""
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1.0 / max(self.limit, 1.0))

    def pushed_back(
        self, started: Started, overloaded: bool = False, retry_after_s: float | None = None
    ) -> None:
        """The endpoint rejected a call as too much: slower, fewer at once, or a pause."""
        now = self._clock()
        self.pace.rejected(started.at, now)
        if retry_after_s is not None and retry_after_s > SHORTEST_PAUSE_S:
            self._paused_until = max(self._paused_until, now + retry_after_s)
        if overloaded and now - self._backed_off_at >= SETTLE_S:
            self._backed_off_at = now
            self.limit = max(1.0, self.limit * BACK_OFF)

    def heard(self, allowance: Allowance) -> None:
        """What the endpoint says is left of an allowance; where it is scarce, its refill counts."""
        used = allowance.limit - allowance.remaining
        if allowance.remaining < SCARCE * allowance.limit and allowance.reset_s > 0 and used > 0:
            per_s = used / allowance.reset_s
            self.pace.state(allowance.kind, per_s, self._clock(), allowance.reset_s)

    async def _enter(self, tokens: int, again: bool) -> Started:
        if not self._waiting and self._delay_s() <= 0:
            return self._start(tokens)
        place: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if again else self._waiting.append)((place, tokens))
        self._pump()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # let through and cancelled at once
                self.active -= 1
                self._pump()
            raise

    def _start(self, tokens: int) -> Started:
        now = self._clock()
        self.active += 1
        self.pace.start(now, tokens)
        return Started(now)

    def _delay_s(self) -> float:
        """Seconds until the next call may start as far as is known; infinite without a slot."""
        if self.active >= int(self.limit):
            return float("inf")
        return max(self._paused_until, self.pace.next_start) - self._clock()

    def _pump(self) -> None:
        """Let through what may start, and come back when the next may."""
        while self._waiting:
            if self._waiting[0][0].done():  # cancelled
                self._waiting.popleft()
                continue
            delay_s = self._delay_s()
            if delay_s > 0:
                self._come_back(delay_s)
                return
            place, tokens = self._waiting.popleft()
            place.set_result(self._start(tokens))

    def _come_back(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay_s < float("inf"):  # else the end of a call brings us back
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._pump)
