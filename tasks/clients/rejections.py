"""What a provider's rejection means: one request, this moment, or every request to come."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data.records import FailureKind
from tasks.clients.failures import CallError, call_error, scrub
from tasks.clients.waiting import retry_after, retry_delay

_BY_STATUS: dict[int, FailureKind] = {
    401: "credentials",
    402: "quota",
    403: "credentials",
    404: "unknown_model",
    405: "unknown_model",
    407: "credentials",
    408: "timeout",
    409: "connection",
    410: "unknown_model",
    425: "connection",
    429: "rate_limited",
    499: "connection",
    503: "overloaded",
    529: "overloaded",
}
# A gateway that gave up waiting cannot know whether the model behind it finished.
_PERHAPS_PAID = frozenset({408, 499, 502, 504, 520, 524})
_UNPAID_KINDS = frozenset(
    {"rate_limited", "overloaded", "bad_request", "credentials", "unknown_model", "quota"}
)
# Some money limits are 429s and look like a matter of pace; only their codes tell them apart.
_MONEY_CODE = re.compile(
    r"insufficient_(?:quota|credits|balance)|spend_limit|billing|credit_balance"
    r"|organization_usage_limit|payment_required",
    re.IGNORECASE,
)
_MONEY_MESSAGE = re.compile(
    r"specified (?:workspace )?API usage limits|credit balance is too low", re.IGNORECASE
)
_MODEL_CODE = re.compile(r"model_not_found|invalid_model|unknown_model|no_such_model", re.I)
_KEY_CODE = re.compile(r"API_KEY_(?:INVALID|EXPIRED)|invalid_api_key|invalid_x_api_key", re.I)
_CONTENT_CODE = re.compile(r"content_(?:filter|policy)|moderation", re.IGNORECASE)
_STATUS_OF_CODE = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "slow_down": 429,
    "resource_exhausted": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "server_is_overloaded": 503,
    "unavailable": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(frozen=True)
class Complaint:
    """What a provider says in the body of a rejection; `flagged`: it objects to the content."""

    message: str = ""
    codes: tuple[str, ...] = ()
    flagged: bool = False
    wait_s: float | None = None

    @property
    def code(self) -> str:
        """All codes in one string."""
        return " ".join(self.codes)

    @property
    def status(self) -> int | None:
        """The HTTP status its codes stand for, `None` if they stand for none."""
        for code in self.codes:
            if code.isdecimal() and 400 <= int(code) < 600:
                return int(code)
        known = (_STATUS_OF_CODE.get(code.lower()) for code in self.codes)
        return next((status for status in known if status is not None), None)


def rejection(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    secrets: Iterable[str] = (),
    now: dt.datetime | None = None,
) -> CallError:
    """The error of an attempt that was answered with a status other than 2xx.

    Args:
        status: HTTP status.
        headers: response headers, names in lower case or looked up without case.
        content: response body.
        secrets: strings that must not stand in the message.
        now: the present, for dates in headers.
    """
    said = complaint(_json(content)) or Complaint(_excerpt(content))
    wait_s = retry_after(headers, now or dt.datetime.now(dt.UTC))
    words = " ".join((f"HTTP {status}", *(code for code in said.codes if not code.isdecimal())))
    if 300 <= status < 400:
        words += ": the endpoint redirects; give its final address as base_url"
    return call_error(
        kind_of(status, said),
        scrub(f"{words}: {said.message}" if said.message else words, secrets),
        status=status,
        perhaps_paid=status in _PERHAPS_PAID,
        retry_after=wait_s if wait_s is not None else said.wait_s,
    )


def rejection_inside(
    status: int, error: Any, secrets: Iterable[str] = (), wait_s: float | None = None
) -> CallError:
    """The error of an attempt whose 2xx body holds an error, as some gateways do.

    What the error cannot be recognised as is a bad body: somebody may have been paid for it.
    """
    said = complaint({"error": error}) or Complaint()
    kind: FailureKind = "bad_body" if said.status is None else kind_of(said.status, said)
    codes = ", ".join(said.codes)
    return call_error(
        kind,
        scrub(
            f"HTTP {status} with an error inside ({codes or 'no code'}): {said.message}", secrets
        ),
        status=status,
        perhaps_paid=kind not in _UNPAID_KINDS,
        retry_after=wait_s if wait_s is not None else said.wait_s,
    )


def kind_of(status: int, said: Complaint) -> FailureKind:
    """The kind of failure behind a status and what was said with it."""
    if _MONEY_CODE.search(said.code) or (
        status in {400, 403} and _MONEY_MESSAGE.search(said.message)
    ):
        return "quota"
    if status in {400, 403, 404} and _MODEL_CODE.search(said.code):
        return "unknown_model"
    if status == 400 and _KEY_CODE.search(said.code):
        return "credentials"
    if status == 403 and (said.flagged or _CONTENT_CODE.search(said.code)):
        return "bad_request"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "overloaded" if "overloaded" in said.code else "server_error"
    return "unknown_model" if 300 <= status < 400 else "bad_request"


def complaint(body: Any) -> Complaint | None:
    """What the JSON body of a rejection says, in any of the shapes in use; `None` if nothing."""
    if isinstance(body, list) and body:  # Google wraps its errors in a list
        body = body[0]
    if not isinstance(body, dict):
        return None
    error = body.get("error") or body
    if not isinstance(error, dict):
        return Complaint(str(error))
    details = error.get("details")
    detail_codes = [details.get("error_code")] if isinstance(details, dict) else []
    if isinstance(details, list):
        detail_codes = [item.get("reason") for item in details if isinstance(item, dict)]
    listed = [error.get("code"), error.get("type"), error.get("status"), *detail_codes]
    metadata = error.get("metadata")
    said = error.get("message") or error.get("detail") or ""
    return Complaint(
        message=said if isinstance(said, str) else json.dumps(said),
        codes=tuple(dict.fromkeys(str(code) for code in listed if isinstance(code, str | int))),
        flagged=isinstance(metadata, dict) and bool({"flagged_input", "reasons"} & set(metadata)),
        wait_s=retry_delay(details),
    )


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _excerpt(content: bytes) -> str:
    text = " ".join(content[:2000].decode("utf-8", "replace").split())
    return f"body {text[:120]!r}" if text else "empty body"
