"""One budget for every process of a run, kept on the server that holds the call cache.

Each process tells its own sums, whole, so that a message may come twice, and a server that forgot
the last second is put right by the next one. What a process that died had reserved stays counted at
its maximum until the run is resumed, which reads what was really sent from the diaries.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cache.redis_link import RedisLink
from cache.redis_server import RedisServer
from data.errors import HostError, InterruptedRunError, JudgeflowError
from tasks.budget import Budget, Reservation, too_many, too_much
from tasks.stopping import GRACE_S, Stop

RUNS = "judgeflow:run:"
KEPT_MS = 7 * 24 * 3600 * 1000  # after the last sign of life
ENDED = "the run has ended"
UNLED = "the process that leads the run gives no sign of life; `judgeflow resume` continues it"
LED_S, LEAD_EVERY_S = 60, 5
ALIVE_MS = 15_000  # a process silent for longer will not settle what it reserved
BEAT_S = 1.0
SOONEST_S = 0.05  # between two messages that only bring sums
LOOK_AGAIN_S = 0.25
SETTLED_S = GRACE_S + 4.0  # the grace of calls in flight, and signs of life around it

TAKEN = "the run was taken over by another process"
# the calls that processes with a sign of life may still send
_STOP_EARLIER = """
local before = redis.call('GET', KEYS[1])
local account = KEYS[1] .. ':' .. (before or '')
if not before or redis.call('EXISTS', account) == 0 then return 0 end
redis.call('HSET', account, 'stop', ARGV[1])
local time = redis.call('TIME')
local now, out = time[1] * 1000 + math.floor(time[2] / 1000), 0
local all = redis.call('HGETALL', account)
for place = 1, #all, 2 do
  if string.sub(all[place], 1, 2) == 'p:' then
    local n = {}
    for word in string.gmatch(all[place + 1], '%S+') do n[#n + 1] = tonumber(word) end
    if now - n[5] < tonumber(ARGV[2]) then out = out + n[4] end
  end
end
return out
"""
_OPEN = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
redis.call('HSET', KEYS[2], 'usd', ARGV[2], 'calls', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
"""
_LEAD = """
local time = redis.call('TIME')
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'led', time[1]) end
"""
_STOP = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSETNX', KEYS[1], 'stop', ARGV[1]) end
"""
# ARGV: process, its usd, calls, reserved usd, reserved calls; price or ''; limits or ''; times
_TELL = """
local told = redis.call('HMGET', KEYS[1], 'usd', 'calls', 'stop', 'led')
if not told[1] then return {'gone'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = {tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])}
local function keep()
  local line = string.format('%.17g %d %.17g %d %d', mine[1], mine[2], mine[3], mine[4], now)
  redis.call('HSET', KEYS[1], 'p:' .. ARGV[1], line)
end
if told[3] then
  keep()
  return {'stop', told[3]}
end
if told[4] and time[1] - told[4] > tonumber(ARGV[11]) then return {'stop', ARGV[12]} end
local usd, calls = tonumber(told[1]) + mine[1], tonumber(told[2]) + mine[2]
local reserved_usd, reserved, out = mine[3], mine[4], mine[4]
local all = redis.call('HGETALL', KEYS[1])
for place = 1, #all, 2 do
  if string.sub(all[place], 1, 2) == 'p:' and all[place] ~= 'p:' .. ARGV[1] then
    local n = {}
    for word in string.gmatch(all[place + 1], '%S+') do n[#n + 1] = tonumber(word) end
    usd, calls = usd + n[1], calls + n[2]
    reserved_usd, reserved = reserved_usd + n[3], reserved + n[4]
    if now - n[5] < tonumber(ARGV[9]) then out = out + n[4] end
  end
end
local answer = {'ok'}
if ARGV[6] ~= '' then
  local price = tonumber(ARGV[6])
  local many = ARGV[8] ~= '' and calls + reserved >= tonumber(ARGV[8])
  local much = ARGV[7] ~= '' and usd + reserved_usd + price > tonumber(ARGV[7]) + 1e-12
  if many or much then
    answer = {'crossed', string.format('%.17g', usd), calls, out, many and 1 or 0}
  else
    mine[3], mine[4] = mine[3] + price, mine[4] + 1
  end
end
keep()
redis.call('PEXPIRE', KEYS[1], ARGV[10])
return answer
"""


@dataclass(frozen=True)
class Session:
    """One execution of a run: its number and, since resumes, which one it is."""

    nonce: str
    id: str

    @property
    def keys(self) -> list[str]:
        """Names of what the server keeps of the run and of this execution."""
        return [f"{RUNS}{self.nonce}", f"{RUNS}{self.nonce}:{self.id}"]


def stop_earlier(server: RedisServer, session: Session) -> None:
    """Tell an earlier execution of the run to stop; it reserves nothing from here on.

    Waits some seconds for what its living processes had reserved, which they may still send.
    """
    deadline = time.monotonic() + SETTLED_S
    while _once(server, _STOP_EARLIER, session.keys[:1], [TAKEN, ALIVE_MS]):
        if time.monotonic() > deadline:
            return
        time.sleep(LOOK_AGAIN_S)


def open_session(server: RedisServer, session: Session, usd: float, calls: int) -> None:
    """Begin an execution with what the run has spent, counted after the earlier one was stopped."""
    _once(server, _OPEN, session.keys, [session.id, repr(usd), calls, KEPT_MS])


def lead(server: RedisServer, session: Session, done: threading.Event) -> None:
    """Give the leading process's signs of life until `done`; without them the others stop."""
    while True:
        with contextlib.suppress(HostError):  # who asks hears of it
            _once(server, _LEAD, session.keys[1:], [])
        if done.wait(LEAD_EVERY_S):
            return


def stop_session(server: RedisServer, session: Session, why: str) -> None:
    """Tell every process of an execution to stop."""
    _once(server, _STOP, session.keys[1:], [why])


def _once(server: RedisServer, script: str, keys: Sequence[str], words: Sequence[Any]) -> Any:
    client: Any = server.client()
    try:
        return server.patiently(lambda: client.eval(script, len(keys), *keys, *words))
    finally:
        client.close()


class SharedBudget(Budget):
    """The sums of this process, checked against the limits together with everybody's.

    `spent_usd` and `calls` are those of this process alone.
    """

    def __init__(
        self, link: RedisLink, session: Session, process: str, limits: tuple[Any, Any]
    ) -> None:
        super().__init__(*limits)
        self._link = link
        self._session = session
        self._process = process
        self._one_at_a_time = asyncio.Lock()  # sums are told whole, so in their order
        self._changed = asyncio.Event()
        self._beat: asyncio.Task[None] | None = None

    async def reserve(self, max_price_usd: float | None) -> Reservation:
        """Set aside a call and its maximum price; waits while a call anywhere may free room.

        Raises:
            BudgetError: no process has a call in flight and this one could still cross a limit.
            ConfigError: there is a limit in USD and the call's price is unknown.
            HostError, InterruptedRunError: the run stops.
        """
        price = self.priced(max_price_usd)
        if not self.limited:
            return await super().reserve(max_price_usd)
        while (said := await self._told(price))[0] == "crossed":
            if not int(said[3]):  # nobody has a call out that could turn out cheaper
                raise self._error(said, price)
            self._settled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._settled.wait()
        return Reservation(price)

    async def reserve_now(self, max_price_usd: float | None) -> Reservation | None:
        """Set aside a call and its maximum price; `None` where that could cross a limit."""
        price = self.priced(max_price_usd)
        if not self.limited:
            return await super().reserve_now(max_price_usd)
        said = await self._told(price)
        return None if said[0] == "crossed" else Reservation(price)

    @property
    def limited(self) -> bool:
        """Whether there is any limit to keep; signs of life are given without one, too."""
        return self.max_usd is not None or self.max_calls is not None

    def take_up(self, max_price_usd: float | None) -> Reservation:
        """Set aside a call sent earlier that is still out, until now counted as spent at most."""
        self._changed.set()
        return super().take_up(max_price_usd)

    def settle(self, reserved: Reservation, actual_usd: float, sent: bool) -> None:
        """Replace a reservation by what the call really cost, and whether it was sent at all."""
        super().settle(reserved, actual_usd, sent)
        self._changed.set()

    def watch(self, stop: Stop, ended: Callable[[], None]) -> None:
        """Give signs of life from now on; stop when the run is told to, say when it has ended."""
        self._beat = asyncio.create_task(self._beating(stop, ended))

    async def close(self) -> None:
        """Tell the last sums; no more signs of life."""
        if self._beat is not None:
            self._beat.cancel()
            await asyncio.gather(self._beat, return_exceptions=True)
        with contextlib.suppress(JudgeflowError, TimeoutError):  # the diary has them too
            async with asyncio.timeout(BEAT_S):
                await self._told()

    async def _beating(self, stop: Stop, ended: Callable[[], None]) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):  # `wait_for` of 3.11 may swallow the end
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self._told()
            except JudgeflowError as error:
                stop.set(error)
                if isinstance(error, InterruptedRunError):  # this execution is over everywhere
                    ended()
                return
            await asyncio.sleep(SOONEST_S if self.limited else BEAT_S)

    async def _told(self, price: float | None = None) -> list[Any]:
        """What the server says to this process's sums, and to a price to set aside."""
        async with self._one_at_a_time:
            sums = (self.spent_usd, self.calls, self.reserved_usd, self.reserved_calls)
            asked = ("" if price is None else repr(price), _or(self.max_usd), _or(self.max_calls))
            words = (*map(repr, sums), *asked, ALIVE_MS, KEPT_MS, LED_S, UNLED)
            keys = self._session.keys[1:]
            said = _words(await self._link.run(_TELL, keys, self._process, *words))
            if said[0] == "ok" and price is not None:
                self.reserved_usd += price
                self.reserved_calls += 1
        if said[0] == "gone":
            raise HostError(
                f"the call cache at {self._link.server.name!r} has lost what this run has spent; "
                "`judgeflow resume` counts it anew from the run's diary"
            )
        if said[0] == "stop":
            raise InterruptedRunError(f"stopped: {said[1]}")
        return said

    def _error(self, said: Sequence[Any], price: float) -> JudgeflowError:
        if int(said[4]):
            return too_many(int(said[2]), self.max_calls or 0)
        return too_much(float(said[1]), price, self.max_usd or 0.0)


def _or(limit: float | None) -> str:
    return "" if limit is None else repr(limit)


def _words(said: Sequence[Any]) -> list[Any]:
    return [word.decode() if isinstance(word, bytes) else word for word in said]
