"""Where a call cache is, as a configuration writes it."""

from __future__ import annotations

from pathlib import Path

from cache.disk import DiskCallCache
from cache.store import CallCache
from data.errors import ConfigError


def open_cache(location: str) -> CallCache:
    """The call cache at a folder's path.

    Raises:
        ConfigError: the location names a backend that this version does not have.
        HostError: the folder cannot be used.
    """
    if "://" in location:
        scheme = location.partition("://")[0]
        raise ConfigError(f"cache backend {scheme!r} is not available; give a folder")
    return DiskCallCache(Path(location) / "calls")
