"""What both batch clients share: connections, headers, and reading what comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from data.records import Answer
from tasks.clients.endpoints import Address
from tasks.clients.failures import CallError, call_error
from tasks.clients.rejections import rejection
from tasks.clients.transport import Dialect, lost, read_answer
from tasks.clients.wire import headers_for, http_options

T = TypeVar("T")
NONCE = "judgeflow"  # the metadata by which a batch is found again
EXPIRED = "the batch ended before this request was answered"
TIMEOUT_S = 600.0  # files of hundreds of megabytes go up and down


def options(place: Address) -> dict[str, Any]:
    """What the SDKs' HTTP clients are told for batches."""
    return {**http_options(place, TIMEOUT_S), "event_hooks": {"request": [_headers(place)]}}


def read_result(dialect: Dialect, status: int, raw: bytes, place: Address) -> Answer | CallError:
    """The answer in a result's body, or the error it holds."""
    try:
        return read_answer(dialect, status, {}, raw, place.secrets)
    except CallError as error:
        return error


def not_run(error: Any) -> CallError:
    """Nothing was done and nothing is billed."""
    said = error.get("message") if isinstance(error, dict) else None
    return call_error("timeout", f"{EXPIRED}: {said}" if said else EXPIRED)


async def asked(
    ask: Callable[[], Awaitable[T]],
    place: Address,
    refused: type[Exception],
    unreached: type[Exception],
) -> T:
    """What the endpoint says; its rejections and lost connections in our words.

    Args:
        ask: a call of the SDK.
        place: the endpoint.
        refused: the SDK's error of a response other than 2xx.
        unreached: its error of no response.
    """
    try:
        return await ask()
    except refused as error:
        response: httpx2.Response = error.response  # type: ignore[attr-defined]
        raise rejection(
            response.status_code, response.headers, response.content, place.secrets
        ) from error
    except unreached as error:
        raise lost(error, TIMEOUT_S, place.secrets) from error


def _headers(place: Address) -> Callable[[httpx2.Request], Awaitable[None]]:
    """The last word on headers, as for calls; what frames the body stays."""
    frames = {b"content-length", b"transfer-encoding"}

    async def hook(request: httpx2.Request) -> None:
        raw = [(name.lower(), value) for name, value in request.headers.raw]
        kept = [pair for pair in raw if pair[0] in frames]
        ours = [pair for pair in headers_for(place, raw) if pair[0] not in frames]
        request.headers = httpx2.Headers([*ours, *kept])

    return hook
