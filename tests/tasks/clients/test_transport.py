"""What the transport's own errors and headers mean, below both SDKs."""

from __future__ import annotations

import aiohttp
import httpx2
import pytest

from tasks.clients.endpoints import Address
from tasks.clients.transport import lost
from tasks.clients.wire import headers_for, http_timeout


def wrapped(cause: Exception) -> Exception:
    """The error as an SDK flattens it."""
    try:
        try:
            raise cause
        except Exception as error:
            raise httpx2.ConnectTimeout("flattened") from error
    except httpx2.ConnectTimeout as error:
        return error


@pytest.mark.parametrize(
    ("cause", "kind", "paid"),
    [
        (aiohttp.ConnectionTimeoutError("to host"), "connection", 0),
        (aiohttp.SocketTimeoutError("reading"), "timeout", 1),
        (aiohttp.ServerDisconnectedError(), "connection", 1),
        (aiohttp.ClientConnectionResetError("closing"), "connection", 1),
        (aiohttp.ClientPayloadError("cut"), "bad_body", 1),
        (TimeoutError(), "timeout", 1),
        (ConnectionResetError(104, "reset"), "connection", 1),
    ],
)
def test_whether_a_connection_stood_decides_what_may_be_paid(
    cause: Exception, kind: str, paid: int
) -> None:
    failure = lost(wrapped(cause), 5.0).failure
    assert (failure.kind, failure.perhaps_paid) == (kind, paid)


def test_a_body_that_cannot_be_decoded_is_a_bad_body() -> None:
    assert lost(httpx2.DecodingError("incorrect header check"), 5.0).failure.kind == "bad_body"


def test_a_failing_connection_shows_before_the_attempt_ends() -> None:
    for timeout_s in (0.5, 8.0, 600.0):
        limits = http_timeout(timeout_s)
        assert limits.connect is not None
        assert limits.connect < timeout_s


def headers_sent(public: bool) -> httpx2.Headers:
    place = Address("https://h", {}, "sk-test-mine", public=public, loopback=False)
    given = {"Authorization": "Bearer other", "OpenAI-Organization": "org", "Accept": "x"}
    request = httpx2.Request("POST", "https://h", headers=given)
    return httpx2.Headers(headers_for(place, request.headers.raw))


@pytest.mark.parametrize("public", [True, False])
def test_the_judges_own_key_has_the_last_word(public: bool) -> None:
    sent = headers_sent(public)
    assert sent["authorization"] == "Bearer sk-test-mine"
    assert sent["accept"] == "x"
    assert ("openai-organization" in sent) is public
