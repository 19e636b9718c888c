"""What is true of every call cache, whatever holds it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache import tools
from cache.disk import DiskCallCache
from cache.keys import request_key
from cache.opening import open_cache
from cache.redis_store import ANSWERS
from cache.store import CallCache, new_entry
from data.errors import DataError
from tests.cache.entries import answer, ask, put
from tests.redis_process import RedisProcess


class Backend:
    """Opens a call cache, and changes what it stores behind its back."""

    def __init__(self, location: str, redis: RedisProcess | None) -> None:
        self.location = location
        self._redis = redis

    def rewrite(self, key: str, old: str, new: str) -> None:
        if self._redis is not None:
            with self._redis.client() as client:
                text = client.do("GET", ANSWERS + key)
                client.do("SET", ANSWERS + key, text.replace(old.encode(), new.encode()))
            return
        with sqlite3.connect(Path(self.location) / "calls/cache.db") as db:
            change = "UPDATE Cache SET value = replace(value, ?, ?) WHERE key = ?"
            db.execute(change, (old, new, key))
        db.close()


@pytest.fixture(params=["disk", "redis"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "disk":
        return Backend(str(tmp_path / "cache"), None)
    server: RedisProcess = request.getfixturevalue("redis_server")
    return Backend(server.url, server)


@pytest.fixture
def cache(backend: Backend) -> Iterator[CallCache]:
    opened = open_cache(backend.location)
    yield opened
    opened.close()


def test_an_answer_is_found_again_with_its_request(cache: CallCache) -> None:
    key = put(cache, ask("one"), "judged")
    entry = cache.get(key)
    assert entry is not None
    assert (entry.request, entry.answer.text) == (ask("one"), "judged")
    assert cache.get(request_key(ask("two"))) is None


def test_age_is_checked_on_read_and_is_not_part_of_the_key(cache: CallCache) -> None:
    key = put(cache, ask("one"))
    assert cache.get(key, max_age_s=60) is not None
    assert cache.get(key, max_age_s=-1) is None


def test_many_are_stored_looked_up_and_deleted_at_once(cache: CallCache) -> None:
    entries = [new_entry(str(n), ask(str(n)), answer(f"[[{n}]]")) for n in range(1203)]
    cache.put_all(entries)
    keys = [entry.key for entry in entries]
    found = cache.answers([*keys, "absent"])
    assert {key: found[key].text for key in keys} == {str(n): f"[[{n}]]" for n in range(1203)}
    assert cache.has(["absent", *keys]) == set(keys)
    assert [key for key, _ in cache.texts()] == sorted(keys)
    assert cache.delete([*keys[:700], "absent"]) == 700
    assert cache.has(keys) == set(keys[700:])


def test_a_second_answer_of_a_key_replaces_the_first(cache: CallCache) -> None:
    key = put(cache, ask("one"), "first")
    put(cache, ask("one"), "second")
    assert cache.answers([key])[key].text == "second"


def test_a_damaged_answer_is_absent_counted_and_found_by_verify(
    cache: CallCache, backend: Backend
) -> None:
    good, bad = put(cache, ask("good")), put(cache, ask("bad"))
    backend.rewrite(bad, "[[4]]", "[[5]]")
    assert cache.get(bad) is None
    assert set(cache.answers([good, bad])) == {good}
    assert cache.damaged == 2
    sound, damaged = tools.verify(cache)
    assert (sound, [key for key, _ in damaged]) == (1, [bad])
    assert tools.prune(cache, damaged=True) == 1
    assert cache.has([good, bad]) == {good}


def test_nothing_is_evicted_by_size(cache: CallCache) -> None:
    keys = [put(cache, ask(str(n)), "x" * 5_000_000) for n in range(3)]
    assert cache.has(keys) == set(keys)


def test_an_export_imports_elsewhere_and_back_unchanged(cache: CallCache, tmp_path: Path) -> None:
    keys = {put(cache, ask("one")), put(cache, ask("zwei ☃"), '{"Judgement": "[[2]]"}')}
    assert tools.export(cache, tmp_path / "out.jsonl") == 2
    other = DiskCallCache(tmp_path / "other")
    assert tools.import_(other, tmp_path / "out.jsonl") == (2, 0)
    assert tools.import_(other, tmp_path / "out.jsonl") == (0, 2)
    assert dict(other.texts()) == dict(cache.texts())
    assert set(dict(other.texts())) == keys
    tools.export(other, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()
    cache.delete(keys)
    assert tools.import_(cache, tmp_path / "again.jsonl") == (2, 0)
    assert dict(other.texts()) == dict(cache.texts())
    other.close()


def test_a_tampered_export_is_refused_by_line(cache: CallCache, tmp_path: Path) -> None:
    put(cache, ask("one"))
    tools.export(cache, tmp_path / "out.jsonl")
    text = (tmp_path / "out.jsonl").read_text()
    (tmp_path / "out.jsonl").write_text(text.replace("one", "eno"))
    with pytest.raises(DataError, match=r"out\.jsonl:1: .*does not hash"):
        tools.import_(cache, tmp_path / "out.jsonl")


def test_pruning_takes_what_matches_and_needs_a_condition(cache: CallCache) -> None:
    base, dated = put(cache, ask("one")), put(cache, ask("one", epoch="2026-01-01"))
    other = put(cache, ask("one", model="n"))
    with pytest.raises(DataError, match="needs a condition"):
        tools.prune(cache)
    assert tools.prune(cache, epoch="2026-01-01", dry_run=True) == 1
    assert tools.prune(cache, older_than_days=1) == 0
    assert tools.prune(cache, epoch="2026-01-01") == 1
    assert tools.prune(cache, model="n", epoch="base") == 1
    assert cache.has([base, dated, other]) == {base}


def test_stats_count_models_epochs_and_tokens(cache: CallCache) -> None:
    put(cache, ask("one"))
    put(cache, ask("two", epoch="night"))
    found = tools.stats(cache)
    assert (found.entries, found.damaged) == (2, 0)
    assert (found.by_model, found.by_epoch) == ({"openai/m": 2}, {"base": 1, "night": 1})
    assert (found.input_tokens, found.output_tokens) == (20, 6)
