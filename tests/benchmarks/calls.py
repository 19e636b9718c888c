"""Asking: the engine beside a bare loop over the same SDK, and the cache beside the wire."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai

from cache.disk import DiskCallCache
from cache.keys import request_key
from data.image_store import ImageStore
from data.ledger import Ledger
from data.records import Message, Request, TextPart
from tasks.budget import Budget
from tasks.clients.openai_client import openai_client
from tasks.config import OpenAIJudge
from tasks.engine import Engine, Job, Lane
from tasks.limiter import Limiter
from tasks.stopping import Stop
from tests.standin.control import StandinControl

REQUESTS, AT_ONCE = 1000, 100
Work = Callable[[], object]
PROMPT = "Judge the response on a scale from 1 to 5 and end with [[score]]. " * 20


def pairs(standin: StandinControl, folder: Path) -> Iterator[tuple[str, Work, Work, str]]:
    """Benchmarks as (name, ours, other, name of the other)."""
    fresh = itertools.count()

    def engine() -> object:
        return asyncio.run(_engine(standin, folder / f"new-{next(fresh)}", next(fresh)))

    def bare() -> object:
        return asyncio.run(_bare(standin, next(fresh)))

    def cached() -> object:
        return asyncio.run(_engine(standin, folder / "kept", 0))

    what = f"{REQUESTS} requests, {AT_ONCE} at once"
    yield f"engine, durable: {what}", engine, bare, "bare loop over the SDK, nothing kept"
    cached()
    yield f"engine, all cached: {REQUESTS} requests", cached, bare, "bare loop over the SDK"


def _texts(start: int) -> list[str]:
    return [f"{PROMPT} Response {start}-{number}." for number in range(REQUESTS)]


async def _bare(standin: StandinControl, start: int) -> None:
    sdk = openai.AsyncOpenAI(
        api_key="none", base_url=standin.openai_url, max_retries=0,
        http_client=openai.DefaultAioHttpClient(),
    )  # fmt: skip
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(text: str) -> Any:
        async with gate:
            message: Any = {"role": "user", "content": text}
            return await sdk.chat.completions.create(model="m", messages=[message])

    await asyncio.gather(*(one(text) for text in _texts(start)))
    await sdk.close()


async def _engine(standin: StandinControl, folder: Path, start: int) -> None:
    judge = OpenAIJudge(name="j", client="openai", model="m", base_url=standin.openai_url)
    cache, ledger = DiskCallCache(folder / "calls"), Ledger(folder / "ledger")
    client = openai_client(judge, ImageStore(folder / "images"))
    lane = Lane(client, Limiter(AT_ONCE, None), lambda _: 0.0)
    engine = Engine(cache, {"j": lane}, Budget(None), ledger, Stop())
    requests = [
        Request(
            provider="openai", endpoint=standin.openai_url, model="m", params={},
            messages=(Message(role="user", content=(TextPart(text=text),)),),
        )
        for text in _texts(start)
    ]  # fmt: skip
    jobs = [Job(request_key(request), "j", request, 0.0) for request in requests]
    outcomes = await engine.answer(jobs)
    assert all(outcome.answer is not None for outcome in outcomes)
    await engine.close()
    ledger.close()
    cache.close()
