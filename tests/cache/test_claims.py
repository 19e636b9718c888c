"""Single flight over processes: here over several connections that know nothing of each other."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cache.keys import request_key
from cache.redis_claims import CLAIMS, SharedKeeping
from cache.redis_link import RedisLink
from cache.redis_server import RedisServer
from cache.redis_store import ANSWERS, RedisCallCache
from cache.store import entry_text, new_entry
from data.errors import HostError
from tests.cache.entries import answer, ask
from tests.redis_process import RedisProcess

KEY = request_key(ask("one"))
Scene = Callable[..., Awaitable[None]]


def entry(text: str):  # type: ignore[no-untyped-def]
    return new_entry(KEY, ask("one"), answer(text))


def room() -> asyncio.Semaphore:
    return asyncio.Semaphore(4)


def play(server: RedisProcess, scene: Scene, many: int = 2, lasts_s: float = 15.0) -> None:
    """A scene among so many keepings."""

    async def played() -> None:
        caches = [RedisCallCache(RedisServer(server.url, 0.0)) for _ in range(many)]
        keepings = [SharedKeeping(cache, RedisLink(cache.server), lasts_s) for cache in caches]
        try:
            await scene(*keepings)
        finally:
            for keeping, cache in zip(keepings, caches, strict=True):
                await keeping.close()
                cache.close()

    asyncio.run(asyncio.wait_for(played(), 30))


def test_the_second_waits_and_gets_the_answer_of_the_first(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert (await one.keep(entry("first"))).text == "first"
        found = await waiting
        assert found is not None
        assert found.text == "first"

    play(redis_server, scene)


def test_what_is_let_go_of_is_asked_by_the_next(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(0.05)
        one.let_go(KEY)
        assert await waiting is None

    play(redis_server, scene)


def test_the_claim_of_a_living_process_lasts_and_that_of_a_dead_one_runs_out(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(1.0)
        assert not waiting.done()
        for work in one._works:  # as if the process had been killed
            work.cancel()
        assert await waiting is None

    play(redis_server, scene, lasts_s=0.4)


def test_a_late_answer_changes_nothing_once_another_stands(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        for work in one._works[2:]:  # no sign of life, but it can write
            work.cancel()
        assert await two.take(KEY, room()) is None
        assert (await two.keep(entry("quick"))).text == "quick"
        assert (await one.keep(entry("late"))).text == "quick"
        assert (await two.answers([KEY]))[KEY].text == "quick"

    play(redis_server, scene, lasts_s=0.3)


def test_an_answer_that_nobody_else_has_is_kept_though_its_claim_ran_out(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        with redis_server.client() as client:
            client.do("DEL", CLAIMS + KEY)
        assert await two.take(KEY, room()) is None
        assert (await one.keep(entry("paid"))).text == "paid"
        with redis_server.client() as client:
            assert client.do("EXISTS", CLAIMS + KEY) == 1  # the other's, not ours to end

    play(redis_server, scene)


def test_no_sign_of_life_brings_back_the_claim_of_what_is_answered(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        with redis_server.client() as client:  # as if the reply were still on its way to `one`
            client.do("SET", ANSWERS + KEY, entry_text(entry("first")))
            await asyncio.sleep(0.4)  # signs of life go on, and the claim is held
            assert (await asyncio.wait_for(waiting, 1)) is not None
            client.do("DEL", CLAIMS + KEY)
            await asyncio.sleep(0.4)
            assert client.do("EXISTS", CLAIMS + KEY) == 0

    play(redis_server, scene, lasts_s=0.8)


def test_a_damaged_answer_is_asked_again_and_replaced(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping) -> None:
        with redis_server.client() as client:
            client.do("SET", ANSWERS + KEY, "damaged")
        assert await one.answers([KEY]) == {}
        assert await one.take(KEY, room()) is None
        assert (await one.keep(entry("sound"))).text == "sound"
        assert (await one.answers([KEY]))[KEY].text == "sound"

    play(redis_server, scene, many=1)


def test_a_process_claims_no_more_than_its_share(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        keys = [f"key-{number}" for number in range(6)]
        place = room()
        takes = [asyncio.create_task(one.take(key, place)) for key in keys]
        await asyncio.sleep(0.1)
        assert sum(take.done() for take in takes) == 4
        assert await asyncio.gather(*(two.take(key, room()) for key in keys[4:])) == [None, None]
        for key in keys:
            one.let_go(key)
            two.let_go(key)
        await asyncio.gather(*takes)

    play(redis_server, scene)


def test_a_request_that_steps_back_makes_room_and_stays_in_hand(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        place = asyncio.Semaphore(1)
        assert await one.take(KEY, place) is None
        one.step_back(KEY)
        assert await asyncio.wait_for(one.take("other", place), 5) is None
        assert await one.take(KEY, place) is None  # still ours, and no place is waited for
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        one.let_go(KEY)
        assert await waiting is None
        one.let_go("other")
        assert not place.locked()

    play(redis_server, scene)


def test_a_claim_that_is_cancelled_on_its_way_blocks_nobody(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        take = asyncio.create_task(one.take(KEY, room()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        take.cancel()
        await asyncio.gather(take, return_exceptions=True)
        assert await asyncio.wait_for(two.take(KEY, room()), 5) is None

    play(redis_server, scene)


def test_many_answers_are_kept_at_once(redis_server: RedisProcess) -> None:
    async def scene(one: SharedKeeping) -> None:
        requests = [ask(str(number)) for number in range(1200)]
        entries = [new_entry(request_key(r), r, answer(r.text)) for r in requests]
        kept = await asyncio.gather(*(one.keep(each) for each in entries))
        assert [each.text for each in kept] == [r.text for r in requests]
        found = await one.answers([each.key for each in entries])
        assert len(found) == 1200

    play(redis_server, scene, many=1)


def test_a_server_that_is_gone_ends_takes_and_keeps_with_one_line(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedKeeping, two: SharedKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(0.05)
        redis_server.kill()
        try:
            works = (one.keep(entry("late")), waiting, one.take("other", room()))
            for ended in await asyncio.gather(*works, return_exceptions=True):
                assert isinstance(ended, HostError)
                assert "cannot be used" in str(ended)
        finally:
            redis_server.start()

    play(redis_server, scene)


def test_a_full_server_ends_a_keep_without_repeating_the_answer(
    redis_server: RedisProcess,
) -> None:
    async def scene(one: SharedKeeping) -> None:
        with redis_server.client() as client:
            client.do("CONFIG", "SET", "maxmemory", "1")
            try:
                with pytest.raises(HostError, match=r"it is full \(maxmemory\)") as caught:
                    await one.keep(entry("SECRET"))
            finally:
                client.do("CONFIG", "SET", "maxmemory", "0")
        assert "SECRET" not in str(caught.value)

    play(redis_server, scene, many=1)


def test_a_cancellation_that_the_library_swallows_ends_the_task(redis_server: RedisProcess) -> None:
    async def swallowing() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "sent"  # as `asyncio.wait_for` does until Python 3.12
        return "never"

    async def drill() -> None:
        link = RedisLink(RedisServer(redis_server.url))
        going_on = asyncio.create_task(link.patiently(swallowing))
        await asyncio.sleep(0)
        going_on.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going_on
        await link.close()

    asyncio.run(drill())
