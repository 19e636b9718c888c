"""What rejections of many providers mean, told from their bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clients.rejections import rejection, rejection_inside

GOOGLE = [
    {
        "error": {
            "code": 429,
            "status": "RESOURCE_EXHAUSTED",
            "message": "You exceeded your current quota, please check your plan and billing.",
            "details": [{"retryDelay": "34s"}],
        }
    }
]
GOOGLE_KEY = [
    {
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "message": "API key not valid.",
            "details": [{"reason": "API_KEY_INVALID"}],
        }
    }
]
MODERATED = {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"]}}}
LOCAL = {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError"}
LOW_CREDIT = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "Your credit balance is too low."},
}


def spent(code: str) -> dict[str, Any]:
    return {"error": {"type": "insufficient_quota", "code": code, "message": "No money."}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, GOOGLE, "rate_limited"),
        (400, GOOGLE_KEY, "credentials"),
        (403, MODERATED, "bad_request"),
        (404, LOCAL, "unknown_model"),
        (403, {"error": {"code": "model_not_found", "message": "no access"}}, "unknown_model"),
        (400, LOW_CREDIT, "quota"),
        (429, spent("credit_balance_exhausted"), "quota"),
        (429, spent("project_spend_limit_exceeded"), "quota"),
        (429, spent("organization_usage_limit_exceeded"), "quota"),
        (429, {"error": {"code": "slow_down", "message": "slower"}}, "rate_limited"),
        (429, {"detail": "slow down"}, "rate_limited"),
        (400, {"error": {"code": "context_length_exceeded", "message": "long"}}, "bad_request"),
        (400, {"error": {"code": "content_filter", "message": "filtered"}}, "bad_request"),
        (500, {"error": {"type": "overloaded_error", "message": "busy"}}, "overloaded"),
        (599, {}, "server_error"),
        (418, {"error": "I am a teapot"}, "bad_request"),
    ],
)
def test_a_rejection_is_told_by_status_and_codes(status: int, body: Any, kind: str) -> None:
    assert rejection(status, {}, json.dumps(body).encode()).failure.kind == kind


def test_a_spend_limit_is_no_matter_of_pace_even_with_a_retry_after() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    body = {"error": {"type": "rate_limit_error", "message": "cap", "details": details}}
    error = rejection(429, {"retry-after": "5"}, json.dumps(body).encode())
    assert error.failure.kind == "quota"
    assert "enforced_spend_limit_reached" in error.failure.message


def test_googles_delay_is_told() -> None:
    assert rejection(429, {}, json.dumps(GOOGLE).encode()).retry_after == 34.0


@pytest.mark.parametrize(("status", "paid"), [(500, 0), (502, 1), (503, 0), (504, 1), (524, 1)])
def test_a_gateway_that_gave_up_waiting_may_have_been_charged(status: int, paid: int) -> None:
    assert rejection(status, {}, b"<html>gateway</html>").failure.perhaps_paid == paid


def test_a_page_instead_of_json_is_quoted_briefly() -> None:
    message = rejection(502, {}, b"<html>\n" + b"x" * 5000).failure.message
    assert message.startswith("HTTP 502: body '<html> xxx")
    assert len(message) < 150


def test_secrets_are_starred_out_before_the_message_is_cut() -> None:
    secret = "abcdefghijklmnop"
    body = {"error": {"message": "x" * 280 + secret + " tail"}}
    message = rejection(401, {}, json.dumps(body).encode(), [secret]).failure.message
    assert "abcdef" not in message
    assert len(message) <= 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "details", "metadata", "status"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.integers(300, 599), json_values)
def test_no_body_breaks_the_reading(status: int, body: Any) -> None:
    failure = rejection(status, {}, json.dumps(body).encode()).failure
    assert failure.status == status
    assert failure.kind != "bad_body"


@given(json_values)
def test_no_error_inside_a_200_breaks_the_reading(error: Any) -> None:
    assert rejection_inside(200, error).failure.status == 200
