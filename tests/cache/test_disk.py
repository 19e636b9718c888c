"""What is true of a call cache in a folder alone."""

import asyncio
import os
import pickle
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cache import tools
from cache.disk import DiskCallCache, _host_error
from cache.flight import SingleFlight
from data.errors import HostError
from tests.cache.entries import ask, put


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[DiskCallCache]:
    opened = DiskCallCache(tmp_path / "calls")
    yield opened
    opened.close()


def test_a_large_answer_stays_in_the_database(cache: DiskCallCache) -> None:
    put(cache, ask("one"), "x" * 5_000_000)
    assert not list(cache.folder.glob("**/*.val"))


class Bomb:
    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.flag),)


@pytest.mark.parametrize("where", ["value", "key", "file"])
def test_a_poisoned_cache_runs_nothing(cache: DiskCallCache, tmp_path: Path, where: str) -> None:
    key, flag = put(cache, ask("one")), tmp_path / "ran"
    poison = pickle.dumps(Bomb(flag))
    (tmp_path / "calls/poison.val").write_bytes(poison)
    statement, values = {
        "value": ("UPDATE Cache SET mode = 4, value = ?", (poison,)),
        "key": ("UPDATE Cache SET raw = 0, key = ?", (poison,)),
        "file": ("UPDATE Cache SET mode = 4, filename = ?, value = NULL", ("poison.val",)),
    }[where]
    with sqlite3.connect(tmp_path / "calls/cache.db") as db:
        db.execute(statement, values)
    db.close()
    again = DiskCallCache(tmp_path / "calls")
    assert again.get(key) is None
    assert tools.stats(again).entries == 0
    tools.verify(again)
    again.close()
    assert not flag.exists()


def test_a_cache_that_cannot_be_written_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "calls").write_text("a file stands where the folder should be")
    with pytest.raises(HostError, match=r"call cache at .* cannot be used") as caught:
        DiskCallCache(tmp_path / "calls")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("work", ["get", "answers", "has", "texts", "put", "delete"])
def test_a_database_that_breaks_under_us_is_told_in_one_line_whatever_is_asked(
    tmp_path: Path, work: str
) -> None:
    opened = DiskCallCache(tmp_path / "calls")
    keys = [put(opened, ask(f"{number} " * 100)) for number in range(200)]
    list(opened.texts())
    file = tmp_path / "calls" / "cache.db"
    opened.close()
    with file.open("r+b") as disk:  # the schema's page stays, so that it opens
        disk.seek(3 * 4096)
        disk.write(b"\xff" * (file.stat().st_size - 3 * 4096))
    works: dict[str, Callable[[], object]] = {
        "get": lambda: opened.get(keys[0]),
        "answers": lambda: opened.answers(keys),
        "has": lambda: opened.has(keys),
        "texts": lambda: list(opened.texts()),
        "put": lambda: put(opened, ask("new")),
        "delete": lambda: opened.delete(keys),
    }
    with pytest.raises(HostError, match="is damaged") as caught:
        works[work]()
    assert "\n" not in str(caught.value)
    opened.close()


def test_identical_requests_in_flight_are_sent_once_across_threads() -> None:
    flight, calls, started = SingleFlight[str](), [], threading.Barrier(4)

    async def work() -> str:
        calls.append(1)
        await asyncio.sleep(0.05)
        return "answer"

    def caller(results: list[tuple[str, bool]]) -> None:
        started.wait()
        results.append(asyncio.run(flight.do("key", work)))

    results: list[tuple[str, bool]] = []
    threads = [threading.Thread(target=caller, args=(results,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert sorted(leader for _, leader in results) == [False, False, False, True]


def test_a_follower_takes_over_when_the_leader_is_cancelled() -> None:
    flight = SingleFlight[str]()

    async def stuck() -> str:
        await asyncio.sleep(60)
        return "never"

    async def quick() -> str:
        return "answer"

    async def scene() -> tuple[str, bool]:
        leader = asyncio.create_task(flight.do("key", stuck))
        await asyncio.sleep(0)
        follower = asyncio.create_task(flight.do("key", quick))
        await asyncio.sleep(0)
        leader.cancel()
        return await follower

    assert asyncio.run(scene()) == ("answer", True)


def test_what_sqlite_cannot_decode_is_damage_and_is_not_quoted(tmp_path: Path) -> None:
    quoted = sqlite3.OperationalError("Could not decode to UTF-8 column 'value' with text 'SECRET'")
    error = _host_error(tmp_path, quoted)
    assert "is damaged" in str(error)
    assert "SECRET" not in str(error)
