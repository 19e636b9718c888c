"""Budget and pace that several processes keep together; here over connections of their own."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cache.redis_link import RedisLink
from cache.redis_server import RedisServer
from data.errors import BudgetError, ConfigError, HostError, InterruptedRunError, JudgeflowError
from data.ledger import Spent
from data.run_folder import RunFolder
from tasks import leading
from tasks.limiter import Limiter
from tasks.shared_budget import (
    ENDED,
    LED_S,
    RUNS,
    Session,
    SharedBudget,
    lead,
    open_session,
    stop_earlier,
    stop_session,
)
from tasks.shared_rate import SharedRate
from tasks.stopping import Stop
from tests.redis_process import RedisProcess

SESSION = Session("run", "first")


def play(
    redis: RedisProcess,
    scene: Callable[..., Awaitable[None]],
    usd: float | None = None,
    calls: int | None = None,
    spent: tuple[float, int] = (0.0, 0),
) -> None:
    """A scene between two processes of a run with limits."""
    server = RedisServer(redis.url)
    open_session(server, SESSION, *spent)

    async def played() -> None:
        links = [RedisLink(server), RedisLink(server)]
        both = [
            SharedBudget(link, SESSION, name, (usd, calls))
            for link, name in zip(links, "ab", strict=True)
        ]
        try:
            await scene(*both)
        finally:
            for link in links:
                await link.close()

    asyncio.run(asyncio.wait_for(played(), 30))


def test_two_processes_never_reserve_more_than_the_limit(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        asked = [each.reserve_now(0.1) for _ in range(20) for each in (a, b)]
        granted = [found for found in await asyncio.gather(*asked) if found]
        assert len(granted) == 10
        assert a.reserved_calls + b.reserved_calls == 10

    play(redis_server, scene, usd=1.0)


def test_a_call_waits_for_room_that_another_process_may_free(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        a.watch(Stop(), lambda: None)
        held = await a.reserve(0.9)
        waiting = asyncio.create_task(b.reserve(0.5))
        await asyncio.sleep(0.4)
        assert not waiting.done()
        a.settle(held, 0.1, sent=True)
        assert (await waiting).usd == 0.5
        await a.close()

    play(redis_server, scene, usd=1.0)


def test_the_limit_ends_the_run_when_nobody_can_free_room(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        a.settle(await a.reserve(0.6), 0.6, sent=True)
        await a.close()
        with pytest.raises(BudgetError, match=r"0\.7000 USD spent and the next call may cost 0\.5"):
            await b.reserve(0.5)
        with pytest.raises(ConfigError, match="known price"):
            await b.reserve(None)

    play(redis_server, scene, usd=1.0, spent=(0.1, 3))


def test_calls_are_counted_over_processes_and_resumes(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        a.settle(await a.reserve(0.0), 0.0, sent=True)
        await a.close()
        b.settle(await b.reserve(0.0), 0.0, sent=True)
        with pytest.raises(BudgetError, match="10 calls sent of at most 10"):
            await b.reserve(0.0)

    play(redis_server, scene, calls=10, spent=(0.0, 8))


def test_what_a_dead_process_had_reserved_counts_in_full_and_is_not_waited_for(
    redis_server: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.shared_budget.ALIVE_MS", 200)

    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        await a.reserve(0.9)  # and was killed
        started = time.monotonic()
        with pytest.raises(BudgetError, match="budget reached"):
            await b.reserve(0.2)
        assert time.monotonic() - started < 3
        assert (await b.reserve(0.1)).usd == 0.1

    play(redis_server, scene, usd=1.0)


def test_a_resume_counts_from_the_diary_and_stops_who_is_left_of_before(
    redis_server: RedisProcess,
) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        stop = Stop()
        a.watch(stop, lambda: None)
        again, server = Session("run", "second"), RedisServer(redis_server.url)
        await asyncio.to_thread(stop_earlier, server, again)
        await asyncio.to_thread(open_session, server, again, 0.25, 4)
        with pytest.raises(InterruptedRunError, match="taken over by another process"):
            await b.reserve(0.1)
        await asyncio.sleep(1.5)
        assert "taken over" in str(stop.reason)
        link = RedisLink(server)
        new = SharedBudget(link, again, "new", (0.5, None))
        assert await new.reserve_now(0.3) is None
        assert await new.reserve_now(0.2) is not None
        await link.close()

    play(redis_server, scene, usd=1.0)


def test_the_diary_is_counted_when_who_is_left_of_before_was_told_to_stop(
    redis_server: RedisProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    before, server = Session(run.facts()["nonce"], "first"), RedisServer(redis_server.url)
    open_session(server, before, 0.0, 0)
    told: list[bytes | None] = []

    def counted(_: Path) -> Spent:
        told.append(cast("Any", server.client()).hget(before.keys[1], "stop"))
        return Spent()

    monkeypatch.setattr(leading, "spent", counted)
    leading.begin(run, cast("Any", SimpleNamespace(cache=redis_server.url)))
    leading.end(run)
    assert told == [b"the run was taken over by another process"]


def test_every_process_hears_that_the_run_stops_or_has_ended(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        stops: list[JudgeflowError | None] = []
        heard = asyncio.Event()
        stop = Stop()
        a.watch(stop, heard.set)
        await asyncio.to_thread(stop_session, RedisServer(redis_server.url), SESSION, ENDED)
        await asyncio.wait_for(heard.wait(), 3)
        stops.append(stop.reason)
        assert isinstance(stops[0], InterruptedRunError)

    play(redis_server, scene)


def test_processes_stop_when_nobody_leads_the_run_any_more(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        done = threading.Event()
        done.set()
        lead(RedisServer(redis_server.url), SESSION, done)  # one sign of life
        assert (await a.reserve(0.1)).usd == 0.1
        with redis_server.client() as client:
            long_ago = int(time.time()) - LED_S - 5
            client.do("HSET", f"{RUNS}run:first", "led", long_ago)
        with pytest.raises(InterruptedRunError, match="gives no sign of life"):
            await b.reserve(0.1)

    play(redis_server, scene, usd=1.0)


def test_a_server_that_lost_the_sums_stops_the_run(redis_server: RedisProcess) -> None:
    async def scene(a: SharedBudget, b: SharedBudget) -> None:
        await a.reserve(0.1)
        with redis_server.client() as client:
            client.do("DEL", f"{RUNS}run:first")
        with pytest.raises(HostError, match="has lost what this run has spent"):
            await b.reserve(0.1)

    play(redis_server, scene, usd=1.0)


def test_a_ceiling_per_minute_is_kept_by_two_processes_together(
    redis_server: RedisProcess,
) -> None:
    async def scene() -> list[float]:
        links = [RedisLink(RedisServer(redis_server.url)) for _ in range(2)]
        limiters = [
            Limiter(50, turn=SharedRate(link, "endpoint", 60 * 40, None).turn) for link in links
        ]
        starts: list[float] = []

        async def call(limiter: Limiter) -> None:
            async with limiter.slot():
                starts.append(time.monotonic())

        await asyncio.gather(*(call(limiter) for _ in range(20) for limiter in limiters))
        for link in links:
            await link.close()
        return sorted(starts)

    starts = asyncio.run(scene())
    assert starts[-1] - starts[0] > 39 / 40 - 0.1


def test_tokens_per_minute_are_shared_too_and_endpoints_are_apart(
    redis_server: RedisProcess,
) -> None:
    async def scene() -> tuple[float, float]:
        link = RedisLink(RedisServer(redis_server.url))
        rate = SharedRate(link, "one", None, 60_000)
        began = time.monotonic()
        for _ in range(3):
            await rate.turn(300)  # 0.3 s of what is allowed
        paced = time.monotonic() - began
        await SharedRate(link, "two", None, 60_000).turn(300)
        await link.close()
        return paced, time.monotonic() - began - paced

    paced, apart = asyncio.run(scene())
    assert 0.5 < paced < 1.5
    assert apart < 0.3


def test_a_resume_waits_for_what_living_processes_may_still_send(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedBudget, _: SharedBudget) -> None:
        reserved = await one.reserve(0.5)
        loop, server = asyncio.get_running_loop(), RedisServer(redis_server.url)
        later = Session(SESSION.nonce, "second")
        stopping = loop.run_in_executor(None, stop_earlier, server, later)
        await asyncio.sleep(0.6)
        assert not stopping.done()
        one.settle(reserved, 0.25, sent=True)
        with pytest.raises(InterruptedRunError):
            await one._told()  # the sums are taken in all the same
        started = time.monotonic()
        await asyncio.wait_for(stopping, 10)
        assert time.monotonic() - started < 2

    play(redis_server, scene, calls=5)
