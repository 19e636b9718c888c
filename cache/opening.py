"""Opens the call cache that a configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cache.disk import DiskCallCache
from cache.location import checked, is_shared
from cache.store import CallCache


def open_cache(location: str) -> CallCache:
    """The call cache in a folder or on a server.

    Raises:
        ConfigError: the location is none, or its library is not installed.
        HostError: the folder or the server cannot be used.
    """
    if not is_shared(location):
        return DiskCallCache(Path(checked(location)) / "calls")
    from cache.redis_server import RedisServer
    from cache.redis_store import RedisCallCache

    return RedisCallCache(RedisServer(location))


def promised(location: str) -> dict[str, Any]:
    """What is written in a run's record about its cache: what kind it is and what it promises.

    Raises:
        ConfigError, HostError: as for `open_cache`.
    """
    if not is_shared(location):
        return {"backend": "disk", "durable": True}
    from cache.redis_server import RedisServer

    promise = RedisServer(location).promise()
    return {**promise.model_dump(), "durable": promise.durable, "says": str(promise)}
