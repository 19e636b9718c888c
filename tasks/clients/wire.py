"""The way to one path of an endpoint: the SDK's connections, address and headers; our own bodies.

Building a request costs an SDK more than sending it. So it builds one, which is kept instead of
sent, and every call repeats its address and headers over the SDK's own HTTP client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import httpx2

from tasks.clients.endpoints import Address

Pairs = Iterable[tuple[bytes, bytes]]
MOST_CONNECTIONS = 2000  # the engine's limiter says how many calls are in flight, not the pool
LONGEST_CONNECT_S = 10.0
# To another host than the provider's go these headers only: the SDKs add more from the
# environment, and what is meant for the provider may be secret.
_HEADERS_FOR_OTHERS = frozenset(
    {
        b"host",
        b"accept",
        b"accept-encoding",
        b"connection",
        b"content-type",
        b"user-agent",
        b"anthropic-version",
    }
)


class Sdk(Protocol):
    """What both SDKs' asynchronous clients offer."""

    async def post(self, path: str, *, cast_to: Any, body: Any) -> Any:
        """Send a body to a path."""
        ...


class Wire:
    """Posts JSON bodies to one path.

    Args:
        place: the endpoint.
        path: where below its base URL requests go.
        sdk: makes the provider's client on top of an HTTP client.
        http: the HTTP client that sends.
    """

    def __init__(
        self,
        place: Address,
        path: str,
        sdk: Callable[[httpx2.AsyncClient], Sdk],
        http: httpx2.AsyncClient,
    ) -> None:
        self._place = place
        self._path = path
        self._sdk = sdk
        self._http = http
        self._writing = asyncio.Lock()
        self._head: tuple[httpx2.URL, list[tuple[bytes, bytes]]] | None = None

    async def post(self, content: bytes) -> httpx2.Response:
        """Send a body; the response, whatever its status, and read to its end."""
        url, headers = self._head or await self._written()
        return await self._http.send(httpx2.Request("POST", url, headers=headers, content=content))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _written(self) -> tuple[httpx2.URL, list[tuple[bytes, bytes]]]:
        """The address and headers of a request as the SDK writes it once; nothing is sent."""
        kept: list[httpx2.Request] = []

        def keep(request: httpx2.Request) -> httpx2.Response:
            kept.append(request)
            return httpx2.Response(200, json={})

        async with self._writing, httpx2.AsyncClient(transport=httpx2.MockTransport(keep)) as to:
            if self._head is None:
                await self._sdk(to).post(self._path, cast_to=httpx2.Response, body={})
                self._head = kept[0].url, headers_for(self._place, kept[0].headers.raw)
        return self._head


def headers_for(place: Address, written: Pairs) -> list[tuple[bytes, bytes]]:
    """The headers of every request to a place: the judge's own key has the last word.

    Args:
        place: the endpoint.
        written: what the SDK would send, also from the environment.
    """
    pairs = [(name.lower(), value) for name, value in written]
    bearer = not place.public or any(name == b"authorization" for name, _ in pairs)
    left_out = {b"authorization", b"content-length"}
    kept = [
        (name, value)
        for name, value in pairs
        if name not in left_out and (place.public or name in _HEADERS_FOR_OTHERS)
    ]
    return [*kept, (b"authorization", f"Bearer {place.key}".encode())] if bearer else kept


def http_options(place: Address, timeout_s: float) -> dict[str, Any]:
    """What both SDKs' HTTP clients are told: time limits, no redirects, no surprises.

    Redirects are not followed, because the answer's endpoint is part of its identity and the key
    is meant for one host. Proxies of the environment are used except on this machine.
    """
    return {
        "timeout": http_timeout(timeout_s),
        "limits": httpx2.Limits(max_connections=MOST_CONNECTIONS),
        "follow_redirects": False,
        "trust_env": not place.loopback,
    }


def http_timeout(timeout_s: float) -> httpx2.Timeout:
    """Time limits in which a connection that cannot be made shows before the attempt's end."""
    connect_s = min(LONGEST_CONNECT_S, timeout_s / 2)
    return httpx2.Timeout(timeout_s, connect=connect_s, pool=connect_s)
