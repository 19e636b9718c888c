"""Where a judge's requests go, which key goes with them, and what that place is called."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from data.errors import ConfigError, CredentialsError
from tasks.judge_config import AnthropicJudge, OpenAIJudge

PUBLIC = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
KEY_ENV = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
RESERVED = {
    "openai": frozenset({"model", "messages", "stream", "n"}),
    "anthropic": frozenset({"model", "messages", "stream", "system"}),
}
NO_KEY = "none"  # what a local server that asks for no key receives
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """An endpoint as a client needs it; `query` and `key` never reach a message or a cache key."""

    url: str
    query: dict[str, str]
    key: str
    public: bool
    loopback: bool

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        key = () if self.key == NO_KEY else (self.key,)
        return (*key, *self.query.values())


def endpoint(judge: OpenAIJudge | AnthropicJudge) -> str:
    """The identity of a judge's endpoint for request keys.

    The public endpoints are called `"openai"` and `"anthropic"`, however they are written; others
    are their base URL without query, default port and trailing slash.

    Raises:
        ConfigError: the base URL is no plain HTTP URL.
    """
    if judge.base_url is None:
        return judge.client
    url = _normal(_base(judge))
    return judge.client if url == PUBLIC[judge.client] else url


def address(judge: OpenAIJudge | AnthropicJudge) -> Address:
    """Where a judge's requests go and the key that goes with them.

    The provider's own key goes to the provider only: another host receives the key that
    `api_key_env` names, or none.

    Raises:
        ConfigError: the base URL is no plain HTTP URL.
        CredentialsError: the environment variable with the key is not set.
    """
    base = _base(judge)
    public = endpoint(judge) == judge.client
    return Address(
        url=_normal(base),
        query=dict(parse_qsl(base.query, keep_blank_values=True)),
        key=_key(judge, public),
        public=public,
        loopback=_is_loopback(base.hostname or ""),
    )


def refuse_params(judge: OpenAIJudge | AnthropicJudge) -> None:
    """Refuse decoding parameters that belong to the plan or would change the reply's shape.

    Raises:
        ConfigError: naming them.
    """
    if found := sorted(RESERVED[judge.client] & set(judge.params)):
        raise ConfigError(f"judge {judge.name!r}: params must not hold {found!r}; leave them out")
    config: Any = judge.params.get("output_config", {})
    twice = "response_format" in judge.params or "format" in config
    if judge.structured and twice:
        raise ConfigError(
            f"judge {judge.name!r}: `structured` writes the schema; leave its own out of params"
        )


def _base(judge: OpenAIJudge | AnthropicJudge) -> SplitResult:
    # The URL is not repeated in messages: people put passwords into it.
    rule = "base_url must start with http:// or https:// and name a host"
    try:
        base = urlsplit(judge.base_url or PUBLIC[judge.client])
        usable = base.scheme in _PORTS and bool(base.hostname) and base.port != 0
    except ValueError as error:
        raise ConfigError(f"judge {judge.name!r}: {rule}: {error}") from None
    if not usable:
        raise ConfigError(f"judge {judge.name!r}: {rule}")
    if base.username is not None:
        raise ConfigError(
            f"judge {judge.name!r}: base_url must not hold a user or password; name the "
            "environment variable with the key in api_key_env"
        )
    return base


def _normal(url: SplitResult) -> str:
    host = (url.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    scheme = url.scheme.lower()
    port = "" if url.port in (None, _PORTS.get(scheme)) else f":{url.port}"
    return f"{scheme}://{host}{port}{url.path.rstrip('/')}"


def _key(judge: OpenAIJudge | AnthropicJudge, public: bool) -> str:
    name = judge.api_key_env or (KEY_ENV[judge.client] if public else None)
    if name is None:
        return NO_KEY
    key = os.environ.get(name, "").strip()
    if not key:
        raise CredentialsError(f"judge {judge.name!r} needs the environment variable {name!r}")
    if not (key.isascii() and key.isprintable()):
        raise CredentialsError(
            f"judge {judge.name!r}: the key in {name!r} holds characters that no header can carry"
        )
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
