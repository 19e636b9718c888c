"""What tests of the provider clients share: judges of the stand-in, requests, images."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from data.records import Answer, ImagePart, Message, Request, TextPart
from tasks.clients.failures import CallError, Client
from tasks.judge_config import AnthropicJudge, OpenAIJudge
from tests.standin.control import StandinControl

KEY = "sk-test-0123456789abcdef"


@dataclass
class Images:
    """Image bytes by hash, as the store keeps them."""

    held: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes) -> ImagePart:
        sha256 = hashlib.sha256(content).hexdigest()
        self.held[sha256] = content
        return ImagePart(sha256=sha256, media_type="image/png")

    def base64(self, sha256: str, media_type: str) -> bytes:
        assert media_type == "image/png"
        return base64.b64encode(self.held[sha256])

    def text(self, sha256: str, media_type: str) -> str:
        return self.base64(sha256, media_type).decode()


@pytest.fixture
def images() -> Images:
    return Images()


def new_request(
    provider: str, *parts: TextPart | ImagePart, system: str = "", **params: Any
) -> Request:
    systems = [Message(role="system", content=(TextPart(text=system),))] if system else []
    content = parts or (TextPart(text="Score the answer: [[1]] to [[5]]."),)
    return Request(
        provider=provider,
        endpoint=provider,
        model="judge-1",
        messages=(*systems, Message(role="user", content=content)),
        params={"max_tokens": 64, **params},
    )


@dataclass
class Desk:
    """Asks the stand-in as a judge of either protocol would; one client per question."""

    standin: StandinControl
    images: Images

    def judge(self, provider: str, **entry: Any) -> OpenAIJudge | AnthropicJudge:
        openai = provider == "openai"
        url = self.standin.openai_url if openai else self.standin.anthropic_url
        common = {"name": "j", "model": "judge-1", "base_url": url, "api_key_env": "TEST_KEY"}
        kind = OpenAIJudge if openai else AnthropicJudge
        return kind.model_validate({"client": provider, **common, **entry})

    def client(self, provider: str, **entry: Any) -> Client:
        judge = self.judge(provider, **entry)
        if isinstance(judge, OpenAIJudge):
            from tasks.clients.openai_client import openai_client

            return openai_client(judge, self.images)
        from tasks.clients.anthropic_client import anthropic_client

        return anthropic_client(judge, self.images)

    def ask(self, provider: str, *parts: TextPart | ImagePart, **entry: Any) -> Answer:
        return self.send(new_request(provider, *parts), **entry)

    def send(self, request: Request, **entry: Any) -> Answer:
        async def once() -> Answer:
            client = self.client(request.provider, **entry)
            try:
                return await client.ask(request)
            finally:
                await client.close()

        answer = asyncio.run(once())
        gc.collect()  # what was not closed warns here, and warnings are errors
        return answer

    def fail(self, provider: str, fault: str, **entry: Any) -> CallError:
        """The error of a call that the stand-in spoils."""
        self.standin.script(sequence=[fault], stall_s=5.0)
        with pytest.raises(CallError) as caught:
            self.ask(provider, **entry)
        return caught.value


@pytest.fixture
def desk(standin: StandinControl, images: Images, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("TEST_KEY", KEY)
    return Desk(standin, images)


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture
def request_to() -> Callable[..., Request]:
    return new_request
