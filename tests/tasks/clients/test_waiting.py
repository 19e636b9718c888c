"""How long providers ask to wait, in every way they say it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clients.waiting import duration_s, retry_after, retry_delay

NOW = dt.datetime(2026, 11, 23, 12, 0, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "2", "x-ratelimit-reset-requests": "60s"}, 2.0),
        ({"x-ratelimit-reset-requests": "1m30s"}, 90.0),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1m"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "200ms",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "6s",
            },
            6.0,
        ),
        (
            {
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-23T12:00:12Z",
                "anthropic-ratelimit-requests-remaining": "40",
                "anthropic-ratelimit-requests-reset": "2026-11-23T12:01:00Z",
            },
            12.0,
        ),
        ({"anthropic-ratelimit-tokens-reset": "later"}, None),
    ],
)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], expected: Any) -> None:
    assert retry_after(headers, NOW) == expected


@given(st.text(max_size=30))
def test_no_header_breaks_the_reading(text: str) -> None:
    for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset-tokens"):
        wait_s = retry_after({name: text}, NOW)
        assert wait_s is None or wait_s >= 0


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 999))
def test_durations_add_up(hours: int, seconds: int, milliseconds: int) -> None:
    read = duration_s(f"{hours}h{seconds}s{milliseconds}ms")
    assert read == pytest.approx(hours * 3600 + seconds + milliseconds / 1000)


@pytest.mark.parametrize("text", ["", "s", "12", "5 s", "1s later", "1x"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration_s(text) is None


def test_googles_delay_stands_in_the_details() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.Help"}, {"retryDelay": "34.5s"}]
    assert retry_delay(details) == 34.5
    assert retry_delay({"retryDelay": "1s"}) is None
