"""How long a provider asks to wait, read from the headers and body of its rejection."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Allowance:
    """What a provider says is left of an allowance of requests or tokens, and when it is full."""

    kind: Literal["requests", "tokens"]
    limit: float
    remaining: float
    reset_s: float


_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_BUCKETS = (
    *(f"x-ratelimit-{{}}-{what}" for what in ("requests", "tokens")),
    *(
        f"anthropic-ratelimit-{what}-{{}}"
        for what in ("requests", "tokens", "input-tokens", "output-tokens")
    ),
)


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds to wait before the next attempt, `None` where the headers do not say.

    `retry-after-ms` and `retry-after` (seconds or an HTTP date) come first; without them, the
    latest reset among the rate-limit buckets that are used up.
    """
    if (wait_s := _seconds(headers.get("retry-after-ms", ""))) is not None:
        return wait_s / 1000
    if (written := headers.get("retry-after")) is not None:
        plain = _seconds(written)
        return plain if plain is not None else _until_date(written, now)
    resets = [
        wait_s
        for bucket in _BUCKETS
        if headers.get(bucket.format("remaining"), "0") == "0"
        and (wait_s := _reset(headers.get(bucket.format("reset"), ""), now)) is not None
    ]
    return max(resets, default=None)


def allowances(headers: Mapping[str, str], now: dt.datetime) -> Iterator[Allowance]:
    """The allowances of requests and tokens that the headers of any response tell whole."""
    for bucket in _BUCKETS:
        limit, left = (_seconds(headers.get(bucket.format(x), "")) for x in ("limit", "remaining"))
        if limit is None or left is None:
            continue
        reset_s = _reset(headers.get(bucket.format("reset"), ""), now)
        if reset_s is not None:
            yield Allowance("tokens" if "tokens" in bucket else "requests", limit, left, reset_s)


def retry_delay(details: Any) -> float | None:
    """Seconds in the `retryDelay` of Google's error details, `None` where there is none."""
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("retryDelay"), str):
            return duration_s(detail["retryDelay"])
    return None


def duration_s(text: str) -> float | None:
    """Seconds in a duration such as `1m30s`, `250ms` or `6h`; `None` if it is not one.

    >>> duration_s("1m30.5s"), duration_s("20ms"), duration_s("soon")
    (90.5, 0.02, None)
    """
    if not text or _DURATION.sub("", text):
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in _DURATION.findall(text))


def _reset(text: str, now: dt.datetime) -> float | None:
    if (plain := duration_s(text)) is not None:
        return plain
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return _until(moment, now)


def _until_date(text: str, now: dt.datetime) -> float | None:
    try:
        return _until(parsedate_to_datetime(text), now)
    except ValueError:
        return None


def _until(moment: dt.datetime, now: dt.datetime) -> float:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None
