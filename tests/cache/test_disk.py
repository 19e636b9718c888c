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
from cache.keys import request_key
from cache.store import new_entry
from data.errors import DataError, HostError
from data.records import Answer, Message, Request, TextPart, Usage


def ask(text: str, epoch: str = "base", model: str = "m") -> Request:
    message = Message(role="user", content=(TextPart(text=text),))
    return Request(
        provider="openai",
        endpoint="openai",
        model=model,
        messages=(message,),
        params={},
        epoch=epoch,
    )


def put(cache: DiskCallCache, request: Request, text: str = "[[4]]") -> str:
    key = request_key(request)
    usage = Usage(input_tokens=10, output_tokens=3)
    cache.put(new_entry(key, request, Answer(text=text, finish_reason="stop", usage=usage)))
    return key


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[DiskCallCache]:
    opened = DiskCallCache(tmp_path / "calls")
    yield opened
    opened.close()


def test_an_answer_is_found_again_with_its_request(cache: DiskCallCache) -> None:
    key = put(cache, ask("one"), "judged")
    entry = cache.get(key)
    assert entry is not None
    assert (entry.request, entry.answer.text) == (ask("one"), "judged")
    assert cache.get(request_key(ask("two"))) is None


def test_age_is_checked_on_read_and_is_not_part_of_the_key(cache: DiskCallCache) -> None:
    key = put(cache, ask("one"))
    assert cache.get(key, max_age_s=60) is not None
    assert cache.get(key, max_age_s=-1) is None


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


def test_a_damaged_answer_is_absent_counted_and_found_by_verify(
    cache: DiskCallCache, tmp_path: Path
) -> None:
    good, bad = put(cache, ask("good")), put(cache, ask("bad"))
    with sqlite3.connect(tmp_path / "calls/cache.db") as db:
        db.execute(
            "UPDATE Cache SET value = replace(value, '[[4]]', '[[5]]') WHERE key = ?", (bad,)
        )
    db.close()
    assert cache.get(bad) is None
    assert cache.damaged == 1
    sound, damaged = tools.verify(cache)
    assert (sound, [key for key, _ in damaged]) == (1, [bad])
    assert tools.prune(cache, damaged=True) == 1
    assert cache.has([good, bad]) == {good}


def test_nothing_is_evicted_by_size(cache: DiskCallCache) -> None:
    keys = [put(cache, ask(str(n)), "x" * 5_000_000) for n in range(3)]
    assert cache.has(keys) == set(keys)
    assert not list(cache.folder.glob("**/*.val"))


def test_an_export_imports_elsewhere_unchanged(cache: DiskCallCache, tmp_path: Path) -> None:
    keys = {put(cache, ask("one")), put(cache, ask("zwei ☃"), '{"Judgement": "[[2]]"}')}
    assert tools.export(cache, tmp_path / "out.jsonl") == 2
    other = DiskCallCache(tmp_path / "other")
    assert tools.import_(other, tmp_path / "out.jsonl") == (2, 0)
    assert tools.import_(other, tmp_path / "out.jsonl") == (0, 2)
    assert dict(other.texts()) == dict(cache.texts())
    assert set(dict(other.texts())) == keys
    other.close()


def test_a_tampered_export_is_refused_by_line(cache: DiskCallCache, tmp_path: Path) -> None:
    put(cache, ask("one"))
    tools.export(cache, tmp_path / "out.jsonl")
    text = (tmp_path / "out.jsonl").read_text()
    (tmp_path / "out.jsonl").write_text(text.replace("one", "eno"))
    with pytest.raises(DataError, match=r"out\.jsonl:1: .*does not hash"):
        tools.import_(cache, tmp_path / "out.jsonl")


def test_pruning_takes_what_matches_and_needs_a_condition(cache: DiskCallCache) -> None:
    base, dated = put(cache, ask("one")), put(cache, ask("one", epoch="2026-01-01"))
    other = put(cache, ask("one", model="n"))
    with pytest.raises(DataError, match="needs a condition"):
        tools.prune(cache)
    assert tools.prune(cache, epoch="2026-01-01", dry_run=True) == 1
    assert tools.prune(cache, older_than_days=1) == 0
    assert tools.prune(cache, epoch="2026-01-01") == 1
    assert tools.prune(cache, model="n", epoch="base") == 1
    assert cache.has([base, dated, other]) == {base}


def test_stats_count_models_epochs_and_tokens(cache: DiskCallCache) -> None:
    put(cache, ask("one"))
    put(cache, ask("two", epoch="night"))
    found = tools.stats(cache)
    assert (found.entries, found.damaged) == (2, 0)
    assert (found.by_model, found.by_epoch) == ({"openai/m": 2}, {"base": 1, "night": 1})
    assert (found.input_tokens, found.output_tokens) == (20, 6)


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
