"""What an endpoint is called in request keys, and what goes there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from data.errors import CredentialsError
from tasks.clients.endpoints import address, endpoint
from tasks.judge_config import AnthropicJudge, OpenAIJudge


def openai(base_url: str | None = None, api_key_env: str | None = None) -> OpenAIJudge:
    return OpenAIJudge(
        name="j", client="openai", model="m", base_url=base_url, api_key_env=api_key_env
    )


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (None, "openai"),
        ("https://api.openai.com/v1/", "openai"),
        ("HTTPS://API.OpenAI.com:443/v1", "openai"),
        ("http://Host.example/v1//", "http://host.example/v1"),
        ("http://host.example:80/v1", "http://host.example/v1"),
        ("http://host.example:8000/V1", "http://host.example:8000/V1"),
        ("https://host.example/v1?key=abc#top", "https://host.example/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_one_place_has_one_name_without_secrets(base_url: str | None, name: str) -> None:
    assert endpoint(openai(base_url)) == name


def test_protocols_at_their_public_endpoints_are_told_apart() -> None:
    judge = AnthropicJudge(name="j", client="anthropic", model="m")
    assert endpoint(judge) == "anthropic"
    assert endpoint(openai()) == "openai"


def test_the_public_endpoint_gets_the_providers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-real\n")
    assert address(openai("https://api.openai.com/v1")).key == "sk-real"
    assert address(openai("https://api.openai.com.example/v1")).key == "none"


def test_a_key_that_no_header_can_carry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-schlüssel")
    with pytest.raises(CredentialsError, match="'MY_KEY' holds characters") as caught:
        address(openai(api_key_env="MY_KEY"))
    assert "schlüssel" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("10.0.0.1", False)],
)
def test_this_machine_is_known(host: str, here: bool) -> None:
    assert address(openai(f"http://{host}:8000/v1")).loopback is here


def test_a_place_is_named_without_loading_any_sdk() -> None:
    code = (
        "import sys, tasks.clients.endpoints, tasks.clients.failures;"
        "print({'openai', 'anthropic', 'aiohttp', 'httpx2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
