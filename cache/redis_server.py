"""A Redis server: how it is reached, what it promises, and what it says when it cannot."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cache.location import PASSWORD, address, shown
from data.errors import ConfigError, HostError
from data.records import Record

if TYPE_CHECKING:
    import redis
    import redis.asyncio

T = TypeVar("T")
PATIENCE_S = 30.0  # a restart of the server is no reason to stop a run
ANSWER_S = 10.0  # for one command
CONNECT_S = 5.0
PAUSE_S = 0.25
MEANINGS = (
    ("'maxmemory'", "it is full (maxmemory); give it more, then `judgeflow resume`"),
    ("MISCONF", "it cannot write to its disk; free space there, then `judgeflow resume`"),
    ("read only replica", "it is a read-only replica; name the primary"),
    ("has no permissions", "this user may not do it; see the commands in docs/scale.md"),
    ("NOAUTH", f"it asks for a password; set {PASSWORD}"),
    ("WRONGPASS", f"it refuses the password; see {PASSWORD}"),
    ("invalid username-password", f"it refuses the password; see {PASSWORD}"),
    ("HELLO must be called", f"it asks for a password; set {PASSWORD}"),
    ("Authentication required", f"it asks for a password; set {PASSWORD}"),
)


class Promise(Record):
    """What a server does with an answer that it was given.

    `appendonly`, `appendfsync`: its settings, `None` where it does not tell. `waits`: whether it
    is asked, before an answer is used, to have it on its disk (`WAITAOF`, from 7.2 on).
    """

    backend: str = "redis"
    server: str
    version: str
    appendonly: bool | None
    appendfsync: str | None
    waits: bool

    @property
    def durable(self) -> bool:
        """Whether an answer is on the server's disk before it is used."""
        return bool(self.appendonly) and (self.waits or self.appendfsync == "always")

    def __str__(self) -> str:
        if self.durable:
            return "every answer is on its disk before it is used"
        if self.appendonly and self.appendfsync == "everysec":
            return "answers of its last two seconds can be lost if its machine dies"
        if self.appendonly:
            return "it does not say when answers are on its disk, so the last may be lost"
        return (
            "appendonly is off: a restart loses every answer since its last snapshot, and they "
            "are paid again; `redis-cli CONFIG SET appendonly yes` ends that"
        )


class RedisServer:
    """A server by its location; connections are made by those who use it."""

    def __init__(self, location: str, patience_s: float | None = None) -> None:
        self._url = address(location)
        self.name = shown(self._url)
        self.patience_s = PATIENCE_S if patience_s is None else patience_s
        try:
            import redis
        except ImportError as error:
            raise ConfigError(
                f"cache {self.name!r} needs the library redis: `make setup` brings it"
            ) from error
        self._redis = redis

    def client(self) -> redis.Redis:
        """A client whose commands block."""
        client: redis.Redis = self._redis.Redis.from_url(self._url, **self._settings())
        return client

    def async_client(self) -> redis.asyncio.Redis:
        """A client for the running event loop."""
        import redis.asyncio as aio
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        pool = aio.BlockingConnectionPool.from_url(
            self._url,
            **{**self._settings(), "retry": Retry(NoBackoff(), 0)},
            max_connections=16,
            timeout=None,
        )
        return aio.Redis.from_pool(pool)

    def promise(self) -> Promise:
        """What the server does with answers.

        Raises:
            HostError: it cannot be reached, or would drop or refuse answers.
        """
        with_client = self.client()
        try:
            info = self.at_once(lambda: dict(with_client.info()))
            fsync = self.at_once(lambda: self._setting(with_client, "appendfsync"))
        finally:
            with_client.close()
        self._refuse(info)
        appendonly = bool(info["aof_enabled"]) if "aof_enabled" in info else None
        version = str(info.get("redis_version", "?"))
        return Promise(
            server=self.name,
            version=version,
            appendonly=appendonly,
            appendfsync=fsync if appendonly else None,
            waits=bool(appendonly) and fsync != "always" and _numbers(version) >= (7, 2),
        )

    def patiently(self, work: Callable[[], T]) -> T:
        """What `work` returns, tried again while the server is away for a moment.

        Raises:
            HostError: the server is gone for longer, or refuses.
        """
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                return work()
            except self._redis.RedisError as error:
                if not self.passes(error) or time.monotonic() > deadline:
                    raise self.told(error) from None
            time.sleep(PAUSE_S)

    def at_once(self, work: Callable[[], T]) -> T:
        """What `work` returns.

        Raises:
            HostError: the server cannot be reached, or refuses.
        """
        try:
            return work()
        except self._redis.RedisError as error:
            raise self.told(error) from None

    def passes(self, error: Exception) -> bool:
        """Whether an error is of the connection, so that the command is worth another try."""
        refused = (self._redis.AuthenticationError, self._redis.exceptions.AuthorizationError)
        away = (self._redis.ConnectionError, self._redis.TimeoutError)
        return isinstance(error, away) and not isinstance(error, refused)

    def replies(self, found: Sequence[Any]) -> list[Any]:
        """What a pipeline brought, or the first error in it, without the command it quotes."""
        for reply in found:
            if isinstance(reply, self._redis.RedisError):
                raise reply
        return list(found)

    def is_its(self, error: Exception) -> bool:
        """Whether an error comes from the server or the way there."""
        return isinstance(error, self._redis.RedisError)

    def told(self, error: Exception) -> HostError:
        """An error as one line that holds neither password nor stored text."""
        said = " ".join(str(error).split())
        for sign, meaning in MEANINGS:
            if sign in said:
                return HostError(f"the call cache at {self.name!r} cannot be used: {meaning}")
        reason = said[:120].rstrip(".") or type(error).__name__
        return HostError(
            f"the call cache at {self.name!r} cannot be used: {reason}; answers that it has are "
            "kept: try again when it is back, with `judgeflow resume` where a run has begun"
        )

    def _settings(self) -> dict[str, Any]:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        password = os.environ.get(PASSWORD)
        return {
            **({"password": password} if password else {}),
            "socket_timeout": ANSWER_S,
            "socket_connect_timeout": CONNECT_S,
            "retry": Retry(NoBackoff(), 0),
        }

    def _setting(self, client: redis.Redis, name: str) -> str | None:
        try:
            found: dict[str, Any] = client.config_get(name)  # type: ignore[assignment]
        except self._redis.ResponseError:  # managed servers keep CONFIG to themselves
            return None
        return found.get(name)

    def _refuse(self, info: dict[str, Any]) -> None:
        policy = info.get("maxmemory_policy", "noeviction")
        problems = {
            f"its maxmemory-policy is {policy!r}, which drops paid answers; "
            "`redis-cli CONFIG SET maxmemory-policy noeviction` ends that": policy != "noeviction",
            "it is a read-only replica; name the primary": info.get("role") == "slave",
            "Redis Cluster is not supported; name a single server": info.get("redis_mode")
            == "cluster",
        }
        for problem, holds in problems.items():
            if holds:
                raise HostError(f"the call cache at {self.name!r} cannot be used: {problem}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
