"""The identity of a request: sha256 over canonical JSON of an allow-list of its fields."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from data.records import Request

KEY_VERSION = 1

# Every field of `Request` must be decided: a new one belongs to the key or is excused below.
KEY_FIELDS = (
    "provider",
    "endpoint",
    "model",
    "messages",
    "params",
    "context",
    "repeat",
    "epoch",
)
NOT_IN_KEY: tuple[str, ...] = ()
_INCLUDED = set(KEY_FIELDS)


def canonical_json(value: Any) -> str:
    """JSON text that is equal for equal meaning: sorted keys, `1.0` written as `1`, no NaN."""
    return _dumped(_plain_numbers(value))


def _dumped(value: Any) -> str:
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def request_json(request: Request) -> str:
    """The canonical JSON of what identifies a request, with the version of this rule."""
    fields = request.model_dump(mode="json", include=_INCLUDED)
    for name in ("params", "context"):  # no other field holds a number with a point
        fields[name] = _plain_numbers(fields[name])
    return _dumped({"key_version": KEY_VERSION, **fields})


def request_of_json(text: str) -> Request:
    """The request whose canonical JSON this is."""
    fields = json.loads(text)
    fields.pop("key_version")
    return Request.model_validate(fields)


def key_of_json(text: str) -> str:
    """The key of a request given as canonical JSON: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def request_key(request: Request) -> str:
    """The key under which a request's answer is stored: 64 hexadecimal digits."""
    return key_of_json(request_json(request))


def _plain_numbers(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    return value
