"""What a client is, and how an attempt without an answer is told: kinds, patience, no secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from data.records import Answer, Failure, FailureKind, Request

TRANSIENT: frozenset[FailureKind] = frozenset(
    {"rate_limited", "overloaded", "server_error", "connection", "timeout", "bad_body"}
)
FATAL: frozenset[FailureKind] = frozenset({"credentials", "unknown_model", "quota", "miss"})
ASKED_AGAIN = TRANSIENT | {"unsupported"}
PUSHED_BACK: frozenset[FailureKind] = frozenset({"rate_limited", "overloaded"})

LONGEST_MESSAGE = 300
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|gsk|xai|pplx|hf)[-_][\w*.-]{4,}"
    r"|\bAIza[\w.-]{10,}"
    r"|\bBearer\s+\S+"
    r"|\b(?:x-)?(?:api[-_]?key|authorization)[\"']?\s*[:=]\s*[\"']?(?:Bearer\s+|Basic\s+)?\S+"
    r"|(?<=://)[^/\s@]+(?=@)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class CallError(Exception):
    """An attempt that brought no answer.

    Args:
        failure: what happened; its message is one line and holds no secret.
        retry_after: seconds the provider asked to wait, `None` where it did not say.
    """

    def __init__(self, failure: Failure, retry_after: float | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.retry_after = retry_after


class Client(Protocol):
    """Asks one endpoint."""

    async def ask(self, request: Request) -> Answer:
        """The answer of one attempt.

        Raises:
            CallError: the attempt brought no answer.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class ImageBytes(Protocol):
    """Finds images by the hash of their bytes as sent."""

    def base64(self, sha256: str, media_type: str) -> bytes:
        """The bytes in base64, without line breaks."""
        ...


def scrub(message: str, secrets: Iterable[str] = ()) -> str:
    """The message on one line of at most 300 characters, with everything secret starred out.

    Args:
        message: what a provider or a library said.
        secrets: strings that must never be shown, whatever they look like.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        message = message.replace(secret, "***")
    message = _LOOKS_SECRET.sub("***", _CONTROL.sub(" ", message[:4000]))
    message = " ".join(message.split())
    if len(message) > LONGEST_MESSAGE:
        return message[: LONGEST_MESSAGE - 1] + "…"
    return message


def call_error(
    kind: FailureKind,
    message: str,
    *,
    status: int | None = None,
    perhaps_paid: bool = False,
    retry_after: float | None = None,
) -> CallError:
    """The error of one attempt; `message` is scrubbed already."""
    failure = Failure(
        kind=kind, message=message, status=status, attempts=1, perhaps_paid=int(perhaps_paid)
    )
    return CallError(failure, retry_after)
