"""One attempt over HTTP: what both SDK clients share below their protocols.

The SDKs give connections, headers and authentication. Bodies are written and read here as plain
JSON, so that parameters travel literally and an odd reply is classified rather than guessed at.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import httpx2

from data.records import Answer, Request
from tasks.clients.bodies import Encoded, content
from tasks.clients.extras import refused, without
from tasks.clients.failures import CallError, ImageBytes, call_error, scrub
from tasks.clients.rejections import rejection, rejection_inside
from tasks.clients.waiting import Allowance, allowances, retry_after
from tasks.clients.wire import Wire

# Causes that say what happened, best first.
_TELLING = (aiohttp.ClientError, TimeoutError, httpx2.DecodingError)
Heard = Callable[[Allowance], None]


class Dialect(Protocol):
    """How one protocol writes a request and reads an answer."""

    def write(self, request: Request, encoded: Encoded) -> dict[str, Any]:
        """The body of a request; `encoded` gives an image's base64 text."""
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
        wire: the way there.
        images: where image bytes are found.
        timeout_s: seconds for one attempt, from the first byte sent to the last received.
        secrets: strings that must never stand in a message.
        heard: told what every response says of rate limits.
        extras: what requests ask for beside words and can do without.
    """

    def __init__(
        self,
        dialect: Dialect,
        wire: Wire,
        images: ImageBytes,
        timeout_s: float,
        secrets: Iterable[str],
        heard: Heard,
        extras: Iterable[str] = (),
    ) -> None:
        self._dialect = dialect
        self._wire = wire
        self._images = images
        self._timeout_s = timeout_s
        self._secrets = tuple(secrets)
        self._heard = heard
        self._extras = frozenset(extras)
        self._left_out: set[str] = set()

    async def ask(self, request: Request) -> Answer:
        """The answer of one attempt.

        Raises:
            CallError: the attempt brought no answer.
        """
        left_out = tuple(sorted(self._left_out))
        if left_out:
            request = request.model_copy(update={"params": without(request.params, left_out)})
        body = content(lambda encoded: self._dialect.write(request, encoded), self._images)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._wire.post(body)
        except (aiohttp.ClientError, httpx2.RequestError, OSError) as error:
            raise lost(error, self._timeout_s, self._secrets) from error
        took_s, now = time.perf_counter() - started, dt.datetime.now(dt.UTC)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        for allowance in allowances(headers, now):
            self._heard(allowance)
        try:
            status, raw = response.status_code, response.content
            answer = read_answer(self._dialect, status, headers, raw, self._secrets)
        except CallError as error:
            raise self._less(error, left_out) from error
        return answer.model_copy(
            update={
                "latency_s": round(took_s, 4),
                "created_at": now.isoformat(timespec="seconds"),
                "without": left_out,
            }
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    def _less(self, error: CallError, left_out: Sequence[str]) -> CallError:
        """The error, or that of an extra which the next attempt will not ask for."""
        if error.failure.kind != "bad_request":
            return error
        extra = refused(error.failure.message, self._extras.difference(left_out))
        if extra is None:
            return error
        self._left_out.add(extra)
        return CallError(error.failure.model_copy(update={"kind": "unsupported"}), None)


def read_answer(
    dialect: Dialect,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    secrets: Iterable[str],
) -> Answer:
    """The answer in a response, whose headers have names in lower case.

    Raises:
        CallError: the response holds none.
    """

    def bad(what: str) -> CallError:
        kind = headers.get("content-type", "no content type")
        start = content[:80].decode("utf-8", "replace")
        words = scrub(f"HTTP {status} with {what} ({kind}): {start!r}", secrets)
        return call_error("bad_body", words, status=status, perhaps_paid=True)

    if not 200 <= status < 300:
        raise rejection(status, headers, content, secrets)
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise bad("no JSON") from None
    if not isinstance(body, dict):
        raise bad("no JSON object")
    if (error := dialect.error_in(body)) is not None:
        wait_s = retry_after(headers, dt.datetime.now(dt.UTC))
        raise rejection_inside(status, error, secrets, wait_s)
    answer = dialect.read(body)
    if answer is None:
        raise bad("JSON of an unexpected shape")
    return answer


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


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
