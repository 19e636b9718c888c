"""One attempt over HTTP: what both SDK clients share below their protocols.

The SDKs give connections, headers and authentication. Bodies are written and read here as plain
JSON, so that parameters travel literally and an odd reply is classified rather than guessed at.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Protocol

import aiohttp
import httpx2

from data.records import Answer, Request
from tasks.clients.endpoints import Address
from tasks.clients.failures import CallError, ImageBytes, call_error, scrub
from tasks.clients.rejections import rejection, rejection_inside
from tasks.clients.waiting import Allowance, allowances, retry_after

MOST_CONNECTIONS = 2000  # the engine's limiter says how many calls are in flight, not the pool
LONGEST_CONNECT_S = 10.0
# To another host than the provider's go these headers only: the SDKs add more from the
# environment, and what is meant for the provider may be secret.
_HEADERS_FOR_OTHERS = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "user-agent",
        "authorization",
        "anthropic-version",
    }
)
# Causes that say what happened, best first.
_TELLING = (aiohttp.ClientError, TimeoutError, httpx2.DecodingError)
Post = Callable[[dict[str, Any]], Awaitable[httpx2.Response]]
Heard = Callable[[Allowance], None]


class Dialect(Protocol):
    """How one protocol writes a request and reads an answer."""

    def write(self, request: Request, images: ImageBytes) -> dict[str, Any]:
        """The body of a request."""
        ...

    def read(self, body: dict[str, Any]) -> Answer | None:
        """The answer in a body, without times; `None` if the body has not the expected shape."""
        ...

    def error_in(self, body: dict[str, Any]) -> Any:
        """The error that a body holds in spite of its status; `None` if it holds none."""
        ...


class HttpClient:
    """Asks one endpoint through an SDK's connections; used from one event loop.

    Args:
        dialect: the endpoint's protocol.
        post: sends a body and returns the response whatever its status.
        close: closes the connections.
        images: where image bytes are found.
        timeout_s: seconds for one attempt, from the first byte sent to the last received.
        secrets: strings that must never stand in a message.
        heard: told what every response says of rate limits.
    """

    def __init__(
        self,
        dialect: Dialect,
        post: Post,
        close: Callable[[], Awaitable[None]],
        images: ImageBytes,
        timeout_s: float,
        secrets: Iterable[str],
        heard: Heard,
    ) -> None:
        self._dialect = dialect
        self._post = post
        self._close = close
        self._images = images
        self._timeout_s = timeout_s
        self._secrets = tuple(secrets)
        self._heard = heard

    async def ask(self, request: Request) -> Answer:
        """The answer of one attempt.

        Raises:
            CallError: the attempt brought no answer.
        """
        body = self._dialect.write(request, self._images)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._post(body)
        except (aiohttp.ClientError, httpx2.RequestError, OSError) as error:
            raise lost(error, self._timeout_s, self._secrets) from error
        for allowance in allowances(response.headers, dt.datetime.now(dt.UTC)):
            self._heard(allowance)
        answer = self._answer(response)
        return answer.model_copy(
            update={
                "latency_s": round(time.perf_counter() - started, 4),
                "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            }
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._close()

    def _answer(self, response: httpx2.Response) -> Answer:
        """The answer in a response.

        Raises:
            CallError: the response holds none.
        """
        status, content = response.status_code, response.content
        if not 200 <= status < 300:
            raise rejection(status, response.headers, content, self._secrets)
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            raise self._bad_body(response, "no JSON") from None
        if not isinstance(body, dict):
            raise self._bad_body(response, "no JSON object")
        if (error := self._dialect.error_in(body)) is not None:
            wait_s = retry_after(response.headers, dt.datetime.now(dt.UTC))
            raise rejection_inside(status, error, self._secrets, wait_s)
        answer = self._dialect.read(body)
        if answer is None:
            raise self._bad_body(response, "JSON of an unexpected shape")
        return answer

    def _bad_body(self, response: httpx2.Response, what: str) -> CallError:
        kind = response.headers.get("content-type", "no content type")
        start = response.content[:80].decode("utf-8", "replace")
        words = f"HTTP {response.status_code} with {what} ({kind}): {start!r}"
        return call_error(
            "bad_body",
            scrub(words, self._secrets),
            status=response.status_code,
            perhaps_paid=True,
        )


def lost(error: Exception, timeout_s: float, secrets: Iterable[str] = ()) -> CallError:
    """The error of an attempt that ended without a whole response.

    Whether the provider may have been at work decides `perhaps_paid`: not before a connection
    stood, perhaps from then on. The SDKs flatten this, so the transport's own error is sought.
    """
    causes = tuple(_causes(error))
    telling = (one for kind in _TELLING for one in causes if isinstance(one, kind))
    cause = next(telling, causes[-1])
    match cause:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            words = scrub(f"no connection: {cause}", secrets)
            return call_error("connection", words)
        case aiohttp.ClientPayloadError():
            words = scrub(f"the body broke off: {cause}", secrets)
            return call_error("bad_body", words, perhaps_paid=True)
        case aiohttp.ClientResponseError():
            words = scrub(f"no HTTP response: {cause.message}", secrets)
            return call_error("bad_body", words, perhaps_paid=True)
        case TimeoutError():  # also aiohttp's: its timeouts are TimeoutErrors
            return call_error("timeout", f"no answer within {timeout_s:g} s", perhaps_paid=True)
        case httpx2.DecodingError():
            words = scrub(f"the body cannot be decoded: {cause}", secrets)
            return call_error("bad_body", words, perhaps_paid=True)
    words = scrub(f"connection lost: {type(cause).__name__}: {cause}", secrets)
    return call_error("connection", words, perhaps_paid=True)


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
        "event_hooks": {"request": [_headers_for(place)]},
    }


def http_timeout(timeout_s: float) -> httpx2.Timeout:
    """Time limits in which a connection that cannot be made shows before the attempt's end."""
    connect_s = min(LONGEST_CONNECT_S, timeout_s / 2)
    return httpx2.Timeout(timeout_s, connect=connect_s, pool=connect_s)


def _headers_for(place: Address) -> Callable[[httpx2.Request], Awaitable[None]]:
    """The last word on headers: the judge's own key, whatever the environment says."""

    async def hook(request: httpx2.Request) -> None:
        if not place.public:
            for name in set(request.headers) - _HEADERS_FOR_OTHERS:
                del request.headers[name]
        if not place.public or "authorization" in request.headers:
            request.headers["authorization"] = f"Bearer {place.key}"

    return hook


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
