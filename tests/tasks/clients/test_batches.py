"""Both batch APIs through the real SDKs over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from cache.keys import request_key
from data.records import Answer, TextPart
from tasks.clients.anthropic_batches import anthropic_batches
from tasks.clients.failures import CallError
from tasks.clients.handing_in import BatchClient, Item
from tasks.clients.openai_batches import openai_batches
from tasks.judge_config import AnthropicJudge, OpenAIJudge
from tests.tasks.clients.conftest import new_request

if TYPE_CHECKING:
    from tests.standin.control import StandinControl
    from tests.tasks.clients.conftest import Images

BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])


def client(standin: StandinControl, images: Images, provider: str) -> BatchClient:
    common: dict[str, Any] = {"name": "j", "model": "judge-1"}
    if provider == "openai":
        entry = OpenAIJudge(client="openai", base_url=standin.openai_url, **common)
        return openai_batches(entry, images)
    return anthropic_batches(
        AnthropicJudge(client="anthropic", base_url=standin.anthropic_url, **common), images
    )


def handed_in(
    one: BatchClient, provider: str, images: Images, count: int
) -> tuple[list[Item], Callable[[], Coroutine[Any, Any, dict[str, Answer | CallError]]]]:
    picture = images.add(b"\x89PNG picture")
    requests = [
        new_request(provider, TextPart(text=f"Score {n}: [[1]] to [[5]]"), picture)
        for n in range(count)
    ]
    items = [Item(request_key(request), one.body(request)) for request in requests]

    async def scene() -> dict[str, Answer | CallError]:
        try:
            batch = await one.submit(items, "nonce-1")
            while not await one.ended(batch):
                await asyncio.sleep(0.02)
            return {key: result async for key, result in one.results(batch)}
        finally:
            await one.close()

    return items, scene


@BOTH
def test_every_request_comes_back_under_its_key(
    standin: StandinControl, images: Images, provider: str
) -> None:
    standin.script(batch_s=0.1)
    items, scene = handed_in(client(standin, images, provider), provider, images, 5)
    found = asyncio.run(scene())
    assert set(found) == {item.key for item in items}
    for answer in found.values():
        assert isinstance(answer, Answer)
        assert "Judgement" in answer.text and answer.usage.input_tokens
    assert standin.stats()["completed"] == 5


@BOTH
def test_what_failed_says_how(standin: StandinControl, images: Images, provider: str) -> None:
    standin.script(sequence=["ok", "500", "expired", "bad-request"])
    items, scene = handed_in(client(standin, images, provider), provider, images, 4)
    found = asyncio.run(scene())
    results = [found[item.key] for item in items]
    kinds = [result.failure.kind for result in results if isinstance(result, CallError)]
    assert isinstance(results[0], Answer)
    assert kinds == ["server_error", "timeout", "bad_request"]


def test_a_batch_is_found_again_by_its_nonce(standin: StandinControl, images: Images) -> None:
    standin.script(batch_s=60.0)
    one = client(standin, images, "openai")
    items, _ = handed_in(one, "openai", images, 2)

    async def scene() -> tuple[str, str | None, str | None]:
        batch = await one.submit(items, "nonce-1")
        found = await one.find("nonce-1"), await one.find("nonce-2")
        await one.cancel(batch)
        assert await one.ended(batch)
        await one.close()
        return batch, *found

    batch, known, unknown = asyncio.run(scene())
    assert (known, unknown) == (batch, None)


@BOTH
def test_an_endpoint_without_batches_says_so(images: Images, provider: str) -> None:
    from tests.standin.control import StandinControl

    nowhere = StandinControl(9)  # nobody listens
    _, scene = handed_in(client(nowhere, images, provider), provider, images, 1)
    with pytest.raises(CallError) as caught:
        asyncio.run(scene())
    assert caught.value.failure.kind == "connection"
