"""What becomes of calls without an answer, through both SDKs over real HTTP."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ConfigError, CredentialsError
from data.records import Request
from tasks.clients.failures import FATAL, PUSHED_BACK, TRANSIENT, CallError, scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standin.control import StandinControl
    from tests.tasks.clients.conftest import Desk

both = pytest.mark.parametrize("provider", ["openai", "anthropic"])

# fault -> kind, status, perhaps paid
MAPPING: dict[str, tuple[str, int | None, int]] = {
    "invalid-key": ("credentials", 401, 0),
    "forbidden": ("credentials", 403, 0),
    "unknown-model": ("unknown_model", 404, 0),
    "redirect": ("unknown_model", 307, 0),
    "quota": ("quota", 429, 0),
    "billing": ("quota", 402, 0),
    "spend-limit": ("quota", 400, 0),
    "429": ("rate_limited", 429, 0),
    "429-bare": ("rate_limited", 429, 0),
    "503": ("overloaded", 503, 0),
    "529": ("overloaded", 529, 0),
    "500": ("server_error", 500, 0),
    "502": ("server_error", 502, 1),
    "timeout-408": ("timeout", 408, 1),
    "conflict": ("connection", 409, 0),
    "bad-request": ("bad_request", 400, 0),
    "too-large": ("bad_request", 413, 0),
    "unprocessable": ("bad_request", 422, 0),
    "drop-before": ("connection", None, 1),
    "drop-after": ("connection", None, 1),
    "half-body": ("bad_body", None, 1),
    "not-http": ("bad_body", None, 1),
    "html": ("bad_body", 200, 1),
    "not-json": ("bad_body", 200, 1),
    "wrong-shape": ("bad_body", 200, 1),
}


@both
@pytest.mark.parametrize("fault", MAPPING)
def test_every_spoilt_call_has_its_kind(desk: Desk, provider: str, fault: str) -> None:
    failure = desk.fail(provider, fault).failure
    assert (failure.kind, failure.status, failure.perhaps_paid) == MAPPING[fault]
    assert failure.attempts == 1


@both
def test_a_stall_ends_at_the_time_limit_and_may_have_been_paid(desk: Desk, provider: str) -> None:
    failure = desk.fail(provider, "stall", timeout_s=0.3).failure
    assert (failure.kind, failure.perhaps_paid) == ("timeout", 1)
    assert failure.message == "no answer within 0.3 s"


@both
def test_a_refused_connection_cost_nothing(desk: Desk, provider: str) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        with pytest.raises(CallError, match="no connection") as caught:
            desk.ask(provider, base_url=url)
    assert caught.value.failure.kind == "connection"
    assert caught.value.failure.perhaps_paid == 0


@both
def test_an_attempt_is_one_request_and_never_retried_below(desk: Desk, provider: str) -> None:
    for fault in ("500", "429", "drop-after", "conflict"):
        desk.fail(provider, fault)
    assert desk.standin.stats()["total"] == 4


@both
def test_the_wait_a_provider_asks_for_is_told(
    desk: Desk, standin: StandinControl, provider: str
) -> None:
    standin.script(sequence=["429"], retry_after="7")
    with pytest.raises(CallError) as caught:
        desk.ask(provider)
    assert caught.value.retry_after == 7.0
    assert desk.fail(provider, "429-bare").retry_after is None


@both
@pytest.mark.parametrize(
    ("error", "kind", "paid"),
    [
        ({"message": "slow down", "code": 429}, "rate_limited", 0),
        ({"message": "broke", "code": 502}, "server_error", 1),
        ({"message": "no credit", "code": 402}, "quota", 0),
        ({"message": "busy", "type": "overloaded_error"}, "overloaded", 0),
        ({"message": "who knows"}, "bad_body", 1),
        ("something went wrong", "bad_body", 1),
    ],
)
def test_an_error_inside_a_200_is_told_by_what_it_says(
    desk: Desk, standin: StandinControl, provider: str, error: Any, kind: str, paid: int
) -> None:
    standin.script(sequence=["error-in-200"], error=error)
    with pytest.raises(CallError) as caught:
        desk.ask(provider)
    failure = caught.value.failure
    assert (failure.kind, failure.status, failure.perhaps_paid) == (kind, 200, paid)


@both
def test_a_whole_answer_is_taken_whatever_its_content_type_says(desk: Desk, provider: str) -> None:
    desk.standin.script(sequence=["wrong-type"])
    assert "Judgement" in desk.ask(provider).text
    assert desk.standin.stats()["most_completed_per_body"] == 1


@both
def test_no_message_shows_the_key_even_where_the_provider_echoes_it(
    desk: Desk, provider: str, key: str
) -> None:
    error = desk.fail(provider, "invalid-key")
    assert desk.standin.stats()["keys"] == [f"Bearer {key}"]
    assert "Wrong key: ***" in error.failure.message
    assert key not in repr(error) + str(error.failure)


@both
def test_a_missing_key_names_the_judge_and_the_variable(
    desk: Desk, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}[provider]
    monkeypatch.delenv(default, raising=False)
    with pytest.raises(CredentialsError, match=f"judge 'j' needs .* variable '{default}'"):
        desk.client(provider, base_url=None, api_key_env=None)
    monkeypatch.setenv("TEST_KEY", " ")
    with pytest.raises(CredentialsError, match="'TEST_KEY'"):
        desk.client(provider)


@both
def test_the_providers_key_and_headers_never_go_to_another_host(
    desk: Desk, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-real-key")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-real-admin")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-real")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "real-token")
    monkeypatch.setenv(f"{provider.upper()}_CUSTOM_HEADERS", "X-Gateway-Secret: real-secret")
    desk.ask(provider, api_key_env=None)
    stats = desk.standin.stats()
    assert stats["keys"] == ["Bearer none"]
    assert "real" not in str(stats["last_headers"])


@both
def test_a_custom_authorization_in_the_environment_does_not_replace_the_judges_key(
    desk: Desk, provider: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_CUSTOM_HEADERS", "Authorization: Bearer sk-real-key")
    desk.ask(provider)
    assert desk.standin.stats()["keys"] == [f"Bearer {key}"]


@both
def test_the_environment_does_not_move_the_public_endpoint(
    desk: Desk, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_BASE_URL", desk.standin.url)
    from tasks.clients.endpoints import PUBLIC, address

    assert address(desk.judge(provider, base_url=None)).url == PUBLIC[provider]


@both
@pytest.mark.parametrize("url", ["ftp://h/v1", "localhost:80", "http://", "http://h:x/", "h"])
def test_a_base_url_that_is_no_url_is_refused(desk: Desk, provider: str, url: str) -> None:
    with pytest.raises(ConfigError, match="judge 'j': base_url must start with http"):
        desk.client(provider, base_url=url)


@both
def test_a_password_in_the_base_url_is_refused_and_not_shown(desk: Desk, provider: str) -> None:
    with pytest.raises(ConfigError, match="api_key_env") as caught:
        desk.client(provider, base_url="http://user:hunter2@h/v1")
    assert "hunter2" not in str(caught.value)


@both
def test_one_client_carries_many_calls_at_once(
    desk: Desk, standin: StandinControl, provider: str, request_to: Callable[..., Request]
) -> None:
    standin.script(latency=1.0)

    async def crowd() -> int:
        client = desk.client(provider, concurrency=150)
        requests = [request_to(provider, temperature=i / 1000) for i in range(150)]
        answers = await asyncio.gather(*(client.ask(request) for request in requests))
        await client.close()
        return len({answer.text for answer in answers})

    assert asyncio.run(crowd()) > 100
    assert standin.stats()["peak"] > 100  # more than a transport holds unless told
    assert standin.stats()["most_completed_per_body"] == 1


def test_every_kind_is_transient_or_fatal_or_about_one_request() -> None:
    assert TRANSIENT.isdisjoint(FATAL)
    assert PUSHED_BACK < TRANSIENT
    assert "bad_request" not in TRANSIENT | FATAL


@given(st.text(), st.text(alphabet="abcdef0123456789", min_size=8))
def test_scrubbed_messages_are_one_short_line_without_the_secret(text: str, secret: str) -> None:
    clean = scrub(f"{text} {secret}\n{text}", [secret])
    assert secret not in clean
    assert len(clean) <= 300
    assert clean.isprintable() == clean.replace("\n", " ").isprintable()
    assert len(clean.splitlines()) <= 1


@pytest.mark.parametrize(
    "leak",
    [
        "Incorrect API key provided: sk-proj-****abcd.",
        "header Authorization: Bearer abc.def.ghi was bad",
        "api_key=abc.def.ghi",
        "cannot reach http://me:abc.def.ghi@host/v1",
        "key AIzaSyAbc.def.ghi0123456789",
    ],
)
def test_what_looks_like_a_secret_is_starred_out(leak: str) -> None:
    clean = scrub(leak)
    assert "***" in clean
    assert "abc.def.ghi" not in clean
    assert "abcd" not in clean
