"""Single flight over processes that share a folder: here several engines in one process."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cache import claims, keeping
from cache.claims import FileClaims
from cache.disk import DiskCallCache
from cache.keeping import OwnKeeping
from cache.keys import request_key
from cache.store import new_entry
from tests.cache.entries import answer, ask

KEY, OTHER = request_key(ask("one")), request_key(ask("two"))
Scene = Callable[..., Awaitable[None]]
linux = pytest.mark.skipif(claims.LOCK is None, reason="such locks are Linux's")


def room(places: int = 4) -> asyncio.Semaphore:
    return asyncio.Semaphore(places)


def play(folder: Path, scene: Scene, many: int = 2) -> None:
    async def played() -> None:
        caches = [DiskCallCache(folder) for _ in range(many)]
        keepings = [OwnKeeping(cache, FileClaims(folder)) for cache in caches]
        try:
            await scene(*keepings)
        finally:
            for keeping, cache in zip(keepings, caches, strict=True):
                await keeping.close()
                cache.close()

    asyncio.run(asyncio.wait_for(played(), 30))


@linux
def test_the_second_waits_and_gets_the_answer_of_the_first(tmp_path: Path) -> None:
    async def scene(one: OwnKeeping, two: OwnKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        assert await two.take(OTHER, room()) is None  # another request is nobody's
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await one.keep(new_entry(KEY, ask("one"), answer("first")))
        one.let_go(KEY)
        found = await waiting
        assert found is not None
        assert found.text == "first"

    play(tmp_path, scene)


@linux
def test_what_is_let_go_of_without_an_answer_is_asked_by_the_next(tmp_path: Path) -> None:
    async def scene(one: OwnKeeping, two: OwnKeeping) -> None:
        assert await one.take(KEY, room()) is None
        waiting = asyncio.create_task(two.take(KEY, room()))
        await asyncio.sleep(0.1)
        one.let_go(KEY)
        assert await waiting is None

    play(tmp_path, scene)


@linux
def test_who_waits_for_another_takes_no_place(tmp_path: Path) -> None:
    async def scene(one: OwnKeeping, two: OwnKeeping) -> None:
        assert await one.take(KEY, room()) is None
        place = room(1)
        waiting = asyncio.create_task(two.take(KEY, place))
        await asyncio.sleep(0.1)
        assert await asyncio.wait_for(two.take(OTHER, place), 5) is None
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        two.let_go(OTHER)
        assert not place.locked()

    play(tmp_path, scene)


@linux
def test_a_process_that_never_ends_its_claim_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.2)

    async def scene(paused: OwnKeeping, other: OwnKeeping) -> None:
        assert await paused.take(KEY, room()) is None
        assert await other.take(KEY, room()) is None

    play(tmp_path, scene)


@linux
def test_patience_begins_with_the_first_refusal_and_not_with_the_wait_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.3)

    async def scene(one: OwnKeeping, two: OwnKeeping) -> None:
        assert await one.take(KEY, room()) is None
        place = room(1)
        assert await two.take(OTHER, place) is None
        waiting = asyncio.create_task(two.take(KEY, place))
        await asyncio.sleep(0.5)  # for room, longer than for a claim
        two.let_go(OTHER)
        await asyncio.sleep(0.1)
        assert not waiting.done()
        one.let_go(KEY)
        assert await waiting is None

    play(tmp_path, scene)


def test_no_more_is_in_hand_than_there_is_room(tmp_path: Path) -> None:
    async def scene(one: OwnKeeping) -> None:
        place = room(2)
        keys = [request_key(ask(str(number))) for number in range(3)]
        takes = [asyncio.create_task(one.take(key, place)) for key in keys]
        await asyncio.sleep(0.1)
        assert [take.done() for take in takes] == [True, True, False]
        one.step_back(keys[0])  # waits to be asked again, and lets another in
        assert await takes[2] is None

    play(tmp_path, scene, many=1)


def test_an_answer_that_is_there_gives_its_place_back_once(tmp_path: Path) -> None:
    async def scene(one: OwnKeeping) -> None:
        await one.keep(new_entry(KEY, ask("one"), answer("known")))
        place = room(1)
        assert await one.take(KEY, place) is not None
        assert await asyncio.wait_for(one.take(OTHER, place), 5) is None
        assert place.locked()

    play(tmp_path, scene, many=1)


@linux
def test_a_claim_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    holds = (
        "import sys, time; from pathlib import Path; from cache.claims import FileClaims\n"
        f"claims = FileClaims(Path({str(tmp_path)!r})); print(claims.take({KEY!r}), flush=True)\n"
        "time.sleep(60)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE, env=env) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        mine = FileClaims(tmp_path)
        assert not mine.take(KEY)
        holder.kill()
        holder.wait()
    assert mine.take(KEY)
    mine.close()


def test_a_folder_without_locks_grants_every_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOCK", None)
    one, two = FileClaims(tmp_path), FileClaims(tmp_path)
    assert (one.take(KEY), two.take(KEY)) == (True, True)
