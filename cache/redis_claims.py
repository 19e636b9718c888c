"""Single flight across processes and machines: one claim a request, one answer for all.

A process that asks holds the request's claim, which it renews while it lives. The others wait for
the answer, or for the claim to end: released, or run out with its holder. The first answer stands;
one that comes late, after its claim ran out and another answered, changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Sequence

from cache.keeping import InHand
from cache.redis_link import Call, RedisLink
from cache.redis_store import ANSWERS, WAIT_MS, RedisCallCache, decoded, encoded, not_on_disk
from cache.store import DamagedError, Entry, entry_text, read_answer
from data.errors import HostError
from data.records import Answer

CLAIMS = "judgeflow:claim:"
LASTS_S = 15.0  # a claim without a sign of life
BEATS = 4  # signs of life in that time
SOONEST_S, LATEST_S = 0.02, 0.5  # between looks at what others ask
SENT_AGAIN_S = 5.0  # answers stored so lately are stored again when the server was away
KEPT_AT_ONCE = 500
CLOSED_WITHIN_S = 2.0
Unwritten = tuple[Entry, "asyncio.Future[Answer]"]

# 0: ours now; 1: answered; 2: another's
_TAKE = """
local text = redis.call('GET', KEYS[1])
if text and redis.sha1hex(text) ~= ARGV[3] then return {1, text} end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {2, ''} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {0, text or ''}
"""
# nothing: stored; a text: an earlier answer, which stands
_KEEP = """
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
local text = redis.call('GET', KEYS[1])
if text and text ~= ARGV[2] and redis.sha1hex(text) ~= ARGV[3] then return text end
redis.call('SET', KEYS[1], ARGV[2])
return false
"""
# KEYS: answer, claim, answer, claim, …; one that the server lost is made again, unless answered
_RENEW = """
for place = 1, #KEYS, 2 do
  local holder = redis.call('GET', KEYS[place + 1])
  local open = not holder and redis.call('EXISTS', KEYS[place]) == 0
  if open or holder == ARGV[1] then redis.call('SET', KEYS[place + 1], ARGV[1], 'PX', ARGV[2]) end
end
"""
_RELEASE = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""
_HELD = """
local held = {}
for place = 1, #KEYS, 2 do
  local answered, claimed = redis.call('EXISTS', KEYS[place]), redis.call('EXISTS', KEYS[place + 1])
  held[#held + 1] = answered == 0 and claimed == 1 and 1 or 0
end
return held
"""


class SharedKeeping:
    """The Redis call cache of one engine, with claims; made in the engine's event loop.

    Args:
        cache: looks and stores for the rest of the process.
        link: the connections of the event loop.
        lasts_s: how long a claim lasts without a sign of life.
    """

    def __init__(self, cache: RedisCallCache, link: RedisLink, lasts_s: float = LASTS_S) -> None:
        self._cache = cache
        self._link = link
        self._lasts_ms = round(lasts_s * 1000)
        self._token = uuid.uuid4().hex
        self._mine = InHand()
        self._damaged: dict[str, str] = {}  # the sha1 of an entry that is to be replaced
        self._released: list[str] = []
        self._watched: dict[str, asyncio.Future[None]] = {}
        self._unwritten: deque[Unwritten] = deque()
        self._last: asyncio.Future[Answer] | None = None
        self._recent: deque[tuple[float, str, bytes]] = deque()
        self._to_write, self._to_watch = asyncio.Event(), asyncio.Event()
        self._write_lock = asyncio.Lock()
        link.returned = self._store_again
        works = (self._writing(), self._watching(), self._beating())
        self._works = [asyncio.create_task(work) for work in works]

    async def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        texts = await self._link.texts([ANSWERS + key for key in keys])
        found = {key: self._read(key, text) for key, text in zip(keys, texts, strict=True) if text}
        return {key: answer for key, answer in found.items() if answer is not None}

    async def take(self, key: str, room: asyncio.Semaphore) -> Answer | None:
        """The stored answer, or `None` once it is this process that shall ask."""
        while key not in self._mine:
            await room.acquire()
            try:
                found, text = await self._link.run(
                    _TAKE, _names(key), self._token, self._lasts_ms, self._damaged.get(key, "")
                )
                if found == 0:
                    self._mine.add(key, room)
                    return None
            except asyncio.CancelledError:
                self._released.append(key)  # it may have become ours while nobody listened
                self._to_write.set()
                raise
            finally:
                if key not in self._mine:
                    room.release()
            if found == 2:
                await self._ended(key)
            elif (answer := self._read(key, text)) is not None:
                return answer
            else:
                self._damaged[key] = _sha1(text)
        return None

    def step_back(self, key: str) -> None:
        """Give up the place in the room; the claim stays."""
        self._mine.step_back(key)

    async def ready(self) -> None:
        """Return once an answer could be kept.

        That is when those that came before are, so that no more is in flight than may be lost if
        the server goes away for good; but not when the server's disk is waited for, up to a second.
        """
        if self._last is not None and not self._cache.promise.waits:
            await asyncio.wait({self._last})
        if self._link.away:
            await self._link.run("return 1", [])

    async def keep(self, entry: Entry) -> Answer:
        """Store an entry durably; return the answer that stands, an earlier one if there is one."""
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._unwritten.append((entry, done))
        self._last = done
        self._to_write.set()
        return await asyncio.shield(done)

    def let_go(self, key: str) -> None:
        """This process does not ask for `key`, or no longer; another may."""
        if self._mine.drop(key):
            self._released.append(key)
            self._to_write.set()

    async def close(self) -> None:
        """Write what is left, let go of every claim and close the connections."""
        for key in self._mine:
            self.let_go(key)
        with contextlib.suppress(TimeoutError):  # claims run out by themselves
            async with asyncio.timeout(CLOSED_WITHIN_S):
                await self._write()
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await self._link.close()

    async def _writing(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            await self._write()

    async def _write(self) -> None:
        """Store all that waits and release what was let go of, together."""
        async with self._write_lock:
            while self._unwritten or self._released:
                left = min(len(self._unwritten), KEPT_AT_ONCE)
                some = [self._unwritten.popleft() for _ in range(left)]
                released, self._released = self._released, []
                await self._write_some(some, released)

    async def _write_some(self, some: Sequence[Unwritten], released: Sequence[str]) -> None:
        texts = [encoded(entry_text(entry)) for entry, _ in some]
        calls: list[Call] = [
            (_KEEP, _names(e.key), (self._token, text, self._damaged.get(e.key, "")))
            for (e, _), text in zip(some, texts, strict=True)
        ]
        if released:
            calls.append((_RELEASE, [CLAIMS + key for key in released], (self._token,)))
        waits = bool(some) and self._cache.promise.waits
        try:
            found = await self._link.run_all(calls, WAIT_MS if waits else None)
            if waits and not found.pop()[0]:
                raise not_on_disk(self._link.server)
        except HostError as error:
            for _, done in some:
                done.set_exception(error)
                done.exception()  # whoever waited may be gone
            return
        for (entry, done), text, earlier in zip(some, texts, found, strict=False):
            self._mine.drop(entry.key)
            self._damaged.pop(entry.key, None)
            done.set_result((earlier and self._read(entry.key, earlier)) or entry.answer)
            self._remember(entry.key, text)

    def _remember(self, key: str, text: bytes) -> None:
        """Keep what the server may yet lose, for some seconds."""
        now = time.monotonic()
        while self._recent and self._recent[0][0] < now - SENT_AGAIN_S:
            self._recent.popleft()
        if not self._cache.promise.durable:
            self._recent.append((now, key, text))

    async def _store_again(self) -> None:
        """Give the server again what it may have lost while it was away, and our claims."""
        again: list[Call] = [
            (_KEEP, _names(key), (self._token, text, "")) for _, key, text in self._recent
        ]
        await self._link.run_all([*again, self._renewal()])

    def _renewal(self) -> Call:
        return _RENEW, _names(*self._mine), (self._token, self._lasts_ms)

    async def _beating(self) -> None:
        while True:
            await asyncio.sleep(self._lasts_ms / 1000 / BEATS)
            with contextlib.suppress(HostError):  # whoever asks next hears of it
                async with self._write_lock:  # so that none is renewed while it is released
                    await self._link.run_all([self._renewal()])

    async def _ended(self, key: str) -> None:
        """Wait until `key` is answered or nobody holds its claim."""
        if key not in self._watched:
            self._watched[key] = asyncio.get_running_loop().create_future()
            self._to_watch.set()
        await asyncio.shield(self._watched[key])

    async def _watching(self) -> None:
        pause_s = SOONEST_S
        while True:
            await self._to_watch.wait()
            keys = list(self._watched)
            try:
                held = await self._link.run(_HELD, _names(*keys))
                for key, still in zip(keys, held, strict=True):
                    if not still:
                        self._watched.pop(key).set_result(None)
            except HostError as error:
                for key in keys:
                    self._watched[key].set_exception(error)
                    self._watched.pop(key).exception()
            pause_s = SOONEST_S if len(self._watched) < len(keys) else min(pause_s * 1.5, LATEST_S)
            if not self._watched:
                self._to_watch.clear()
            await asyncio.sleep(pause_s)

    def _read(self, key: str, value: bytes) -> Answer | None:
        try:
            return read_answer(decoded(value) or "")
        except DamagedError as error:
            self._cache.found_damaged(key, error)
            return None


def _names(*keys: str) -> list[str]:
    return [kind + key for key in keys for kind in (ANSWERS, CLAIMS)]


def _sha1(value: bytes) -> str:
    return hashlib.sha1(value, usedforsecurity=False).hexdigest()  # as Redis scripts can make it
