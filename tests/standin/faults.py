"""How the stand-in misbehaves: which fault strikes which call, and what it looks like."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, fields
from typing import Any

from tests.standin.allowing import Allowing

# kind -> status, code in OpenAI's words, type in Anthropic's words, message
REJECTIONS: dict[str, tuple[int, str, str, str]] = {
    "429": (429, "rate_limit_exceeded", "rate_limit_error", "Too many requests a minute."),
    "429-bare": (429, "rate_limit_exceeded", "rate_limit_error", "Too many requests a minute."),
    "500": (500, "server_error", "api_error", "The server had an error."),
    "502": (502, "bad_gateway", "api_error", "The gateway got no good answer."),
    "503": (503, "server_is_overloaded", "overloaded_error", "Too busy."),
    "529": (529, "server_is_overloaded", "overloaded_error", "Too busy for everybody."),
    "invalid-key": (401, "invalid_api_key", "authentication_error", "Wrong key: {key}."),
    "forbidden": (403, "unsupported_country_region_territory", "permission_error", "Not here."),
    "unknown-model": (404, "model_not_found", "not_found_error", "There is no model {model!r}."),
    "billing": (402, "payment_required", "billing_error", "The card was declined."),
    "bad-request": (400, "invalid_image", "invalid_request_error", "Cannot read the image."),
    "too-large": (413, "request_too_large", "request_too_large", "The request is too large."),
    "unprocessable": (422, "invalid_value", "invalid_request_error", "Makes no sense."),
    "timeout-408": (408, "request_timeout", "timeout_error", "Too slow."),
    "conflict": (409, "conflict", "conflict_error", "Try again."),
    "quota": (429, "insufficient_quota", "rate_limit_error", "Nothing left to spend."),
    "spend-limit": (
        400,
        "billing_hard_limit_reached",
        "invalid_request_error",
        "You have reached your specified API usage limits.",
    ),
}
FINISHES = {
    "refusal": "refusal",
    "content-filter": "content_filter",
    "truncated": "length",
    "thinking": "length",
}
PACED = frozenset({"429", "503", "529"})  # rejected with a Retry-After
BROKEN = frozenset({"drop-before", "drop-after", "half-body", "stall", "not-http", "redirect"})
ODD = frozenset({"html", "not-json", "wrong-shape", "wrong-type", "error-in-200", "empty"})
KINDS = frozenset({"ok", "expired", *REJECTIONS, *FINISHES, *BROKEN, *ODD})


@dataclass
class Script:
    """What the stand-in does from now on.

    `sequence`: faults of the next calls, in order of arrival, `"ok"` for none. `each`: faults of
    the first, second, … call of every distinct body. `rates`: probability of each kind for calls
    that neither names. `drop-before` closes a connection unread in a `sequence` only; elsewhere
    the body has been read, to know which call it is. `texts`: replies to the next calls, in
    order, the last one repeated. `allowed`: fields of `Allowing`; calls beyond it are rejected with
    429 and `retry_after`, at once. `refuses`: parameters that a request must not hold. `versions`:
    what replies say the model is, of each question always the same. `batch_s`,
    `batch_share`: how long a batch takes, and what share of one is answered if it is cancelled.
    """

    latency: float = 0.0
    sequence: list[str] = field(default_factory=list)
    each: list[str] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    mode: str = "auto"
    retry_after: str = "0.05"
    stall_s: float = 30.0
    error: Any = field(default_factory=lambda: {"message": "The model broke down.", "code": 502})
    seed: int = 0
    allowed: dict[str, Any] = field(default_factory=dict)
    refuses: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    batch_s: float = 0.0
    batch_share: float = 0.5

    def __post_init__(self) -> None:
        named = {*self.sequence, *self.each, *self.rates}
        if unknown := sorted(named - KINDS):
            raise ValueError(f"unknown faults {unknown!r}; known: {sorted(KINDS)!r}")
        self._draw = random.Random(self.seed)
        self.allowing = Allowing(**self.allowed) if self.allowed else None

    def fault(self, nth_of_body: int) -> str:
        """The fault that strikes the next call, which is the nth (from 0) of its body."""
        if self.sequence:
            return self.sequence.pop(0)
        if nth_of_body < len(self.each):
            return self.each[nth_of_body]
        if self.rates:
            drawn = self._draw.random()
            for kind, rate in self.rates.items():
                drawn -= rate
                if drawn < 0:
                    return kind
        return "ok"

    def text(self) -> str | None:
        """The scripted text of the next reply, `None` where none is scripted."""
        if not self.texts:
            return None
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


def new_script(given: dict[str, Any], latency: float) -> Script:
    """A script from what was sent; refuses names it does not know."""
    known = {one.name for one in fields(Script)}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"unknown settings {unknown!r}; known: {sorted(known)!r}")
    return Script(**{"latency": latency, **given})


def rejection_body(kind: str, protocol: str, model: str, key: str) -> tuple[int, bytes]:
    """Status and body of a rejection in the protocol's words; a wrong key is echoed, as some do."""
    status, code, word, message = REJECTIONS[kind]
    message = message.format(model=model, key=key)
    error: dict[str, Any]
    if protocol == "openai":
        error = {"message": message, "type": "standin_error", "param": None, "code": code}
        return status, json.dumps({"error": error}).encode()
    error = {"type": word, "message": message}
    if kind == "quota":
        error["details"] = {"error_code": "enforced_spend_limit_reached"}
    return status, json.dumps({"type": "error", "error": error}).encode()


def unsupported_body(name: str, protocol: str) -> tuple[int, bytes]:
    """Status and body of the rejection of a parameter that the model does not know."""
    if protocol == "openai":
        message = f"Invalid parameter: {name!r} is not supported with this model."
        error = {"message": message, "type": "invalid_request_error", "param": name, "code": None}
        return 400, json.dumps({"error": error}).encode()
    said = {"type": "invalid_request_error", "message": f"{name}: Extra inputs are not permitted"}
    return 400, json.dumps({"type": "error", "error": said}).encode()
