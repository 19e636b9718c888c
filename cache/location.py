"""Where a call cache is, as a configuration may write it: a folder, or a Redis server."""

from __future__ import annotations

import os
from urllib.parse import SplitResult, parse_qs, urlsplit

from data.errors import ConfigError

SCHEMES = ("redis", "rediss", "unix")
FROM_ENVIRONMENT = "env:"
PASSWORD = "JUDGEFLOW_REDIS_PASSWORD"
IN_QUERY = frozenset({"db", "ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile"})


def is_shared(location: str) -> bool:
    """Whether several machines can share the cache there: all but a folder."""
    return "://" in location or location.startswith(FROM_ENVIRONMENT)


def checked(location: str) -> str:
    """The location, if a configuration, a command line or a run folder may hold it.

    Raises:
        ConfigError: it names another backend, or holds a password, which is not repeated.
    """
    if location.startswith(FROM_ENVIRONMENT) or "://" not in location:
        return location
    parts = _split(location)
    if parts.password is not None or (parts.query and not _harmless(parts.query)):
        raise ConfigError(
            f"the address of a {parts.scheme!r} cache holds a password or an option that is not "
            f"one of {sorted(IN_QUERY)!r}; put the password in {PASSWORD}, or the whole address "
            "in a variable and write `cache: env:NAME`"
        )
    return location


def address(location: str) -> str:
    """The server's address, with its credentials where the environment has them in it.

    Raises:
        ConfigError: the environment variable is not set or holds no such address.
    """
    if not location.startswith(FROM_ENVIRONMENT):
        return checked(location)
    name = location.removeprefix(FROM_ENVIRONMENT)
    found = os.environ.get(name, "")
    if "://" not in found:
        raise ConfigError(
            f"cache {location!r}: the environment variable {name!r} must hold an address such as "
            "redis://host:6379/0"
        )
    _split(found)
    return found


def shown(url: str) -> str:
    """An address as it may be told to anybody: no user, no password, no options."""
    parts = _split(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path or '/0'}"


def _split(url: str) -> SplitResult:
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise ConfigError(f"cache backend {scheme!r} is not known; give a folder or redis://…")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"the address of the {scheme!r} cache is not one") from error
    if not (parts.path if scheme == "unix" else parts.hostname):
        raise ConfigError(f"the address of the {scheme!r} cache names no server")
    return parts


def _harmless(query: str) -> bool:
    return set(parse_qs(query, keep_blank_values=True)) <= IN_QUERY
