"""What a Redis server must promise, what is said of it, and what happens when it is away."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cache.opening import open_cache, promised
from cache.redis_server import Promise, RedisServer
from cache.redis_store import ANSWERS, RedisCallCache
from cache.store import CallCache
from data.errors import ConfigError, HostError
from tests.cache.entries import ask, put
from tests.redis_process import RedisProcess, redis_process


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisProcess]:
    """A server that a test may kill and reconfigure."""
    with redis_process(tmp_path, "--appendonly", "yes") as process:
        yield process


def told(server: RedisProcess, *words: str) -> None:
    with server.client() as client:
        client.do(*words)


def impatient(server: RedisProcess, patience_s: float = 0.0) -> RedisCallCache:
    return RedisCallCache(RedisServer(server.url, patience_s))


def test_a_server_that_may_drop_answers_is_refused(own: RedisProcess) -> None:
    told(own, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    with pytest.raises(HostError, match="maxmemory-policy is 'allkeys-lru', which drops paid"):
        open_cache(own.url)


def test_a_replica_is_refused(own: RedisProcess) -> None:
    told(own, "REPLICAOF", "127.0.0.1", "9")
    with pytest.raises(HostError, match="read-only replica; name the primary"):
        open_cache(own.url)


def test_what_the_server_promises_is_what_it_is_set_to(own: RedisProcess) -> None:
    found = promised(own.url)
    assert (found["appendonly"], found["appendfsync"]) == (True, "everysec")
    told(own, "CONFIG", "SET", "appendfsync", "always")
    found = promised(own.url)
    assert found["durable"]
    assert "on its disk before it is used" in found["says"]
    told(own, "CONFIG", "SET", "appendonly", "no")
    found = promised(own.url)
    assert not found["durable"]
    assert "a restart loses every answer since its last snapshot" in found["says"]


@pytest.mark.parametrize(
    ("fsync", "waits", "durable"),
    [
        ("always", False, True),
        ("everysec", True, True),
        ("everysec", False, False),
        (None, False, False),
    ],
)
def test_an_answer_counts_as_durable_only_where_it_is_on_a_disk(
    fsync: str | None, waits: bool, durable: bool
) -> None:
    promise = Promise(server="s", version="7.2.0", appendonly=True, appendfsync=fsync, waits=waits)
    assert promise.durable == durable
    assert ("before it is used" in str(promise)) == durable


def test_a_server_that_keeps_its_settings_to_itself_is_used_and_said_so(own: RedisProcess) -> None:
    rights = ["+@all", "-config"]
    told(own, "ACL", "SETUSER", "default", *rights)
    found = promised(own.url)
    assert (found["appendonly"], found["appendfsync"]) == (True, None)
    assert found["durable"] == found["waits"]  # from 7.2 on it can be asked to have it on its disk
    said = "does not say when" if not found["waits"] else "before it is used"
    assert said in found["says"]


def test_a_password_is_taken_from_the_environment_and_never_told(
    own: RedisProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told(own, "CONFIG", "SET", "requirepass", "hunter2")
    with pytest.raises(HostError, match="asks for a password; set JUDGEFLOW_REDIS_PASSWORD"):
        open_cache(own.url)
    monkeypatch.setenv("JUDGEFLOW_REDIS_PASSWORD", "hunter3")
    with pytest.raises(HostError, match="refuses the password") as caught:
        open_cache(own.url)
    assert "hunter" not in str(caught.value)
    monkeypatch.setenv("JUDGEFLOW_REDIS_PASSWORD", "hunter2")
    opened = open_cache(own.url)
    assert opened.has([put(opened, ask("one"))])
    opened.close()
    monkeypatch.delenv("JUDGEFLOW_REDIS_PASSWORD")
    monkeypatch.setenv("REDIS_URL", own.url.replace("//", "//:hunter2@"))
    assert "hunter2" not in str(promised("env:REDIS_URL"))
    assert "hunter" not in caplog.text


def test_nobody_there_is_told_in_one_line_at_once() -> None:
    pytest.importorskip("redis")
    started = time.monotonic()
    with pytest.raises(HostError, match="with `judgeflow resume` where a run has begun") as told:
        open_cache("redis://127.0.0.1:9")
    assert "call cache at 'redis://127.0.0.1:9/0' cannot be used: " in str(told.value)
    assert time.monotonic() - started < 5


def test_without_the_library_what_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"needs the library redis: `make setup`"):
        open_cache("redis://127.0.0.1:9")


def test_a_full_server_says_so_and_keeps_what_it_has(own: RedisProcess) -> None:
    opened = impatient(own)
    key = put(opened, ask("one"))
    told(own, "CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(HostError, match=r"it is full \(maxmemory\)") as caught:
        put(opened, ask("two"), "SECRET")
    assert "SECRET" not in str(caught.value)
    assert opened.has([key]) == {key}
    opened.close()


def test_a_restart_is_waited_for(own: RedisProcess) -> None:
    opened = impatient(own, patience_s=20)
    key = put(opened, ask("one"))
    own.kill()
    threading.Timer(0.5, own.start).start()
    assert opened.has([key]) == {key}
    opened.close()


@pytest.mark.parametrize("work", ["get", "answers", "has", "texts", "put", "delete"])
def test_a_server_that_stays_away_is_told_in_one_line_whatever_is_asked(
    own: RedisProcess, work: str
) -> None:
    opened = impatient(own)
    key = put(opened, ask("one"))
    own.kill()
    works: dict[str, Callable[[], object]] = {
        "get": lambda: opened.get(key),
        "answers": lambda: opened.answers([key]),
        "has": lambda: opened.has([key]),
        "texts": lambda: list(opened.texts()),
        "put": lambda: put(opened, ask("two")),
        "delete": lambda: opened.delete([key]),
    }
    with pytest.raises(HostError, match="again when it is back, with `judgeflow resume`") as caught:
        works[work]()
    assert "\n" not in str(caught.value)
    opened.close()


def test_what_is_no_text_is_damaged_and_runs_nothing(redis_server: RedisProcess) -> None:
    opened: CallCache = open_cache(redis_server.url)
    told(redis_server, "RPUSH", ANSWERS + "list", "x")
    with redis_server.client() as client:
        client.do("SET", ANSWERS + "bytes", b"\x80\x04\xff")
    assert opened.get("bytes") is None
    assert opened.answers(["list", "bytes"]) == {}
    assert dict(opened.texts()) == {"list": "", "bytes": ""}
    opened.close()
