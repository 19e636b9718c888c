"""Asking: the engine beside a bare loop over the same SDK, and the cache beside the wire."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import anthropic
import openai
from PIL import Image

from cache.claims import FileClaims
from cache.disk import DiskCallCache
from cache.keeping import OwnKeeping
from cache.keys import request_json, request_key
from data.image_store import ImageStore
from data.ledger import Ledger
from data.records import ImagePart, Message, Request, TextPart
from tasks.budget import Budget
from tasks.clients.anthropic_client import anthropic_client
from tasks.clients.failures import Client
from tasks.clients.openai_client import openai_client
from tasks.engine import Engine, Lane
from tasks.jobs import Job
from tasks.judge_config import AnthropicJudge, OpenAIJudge
from tasks.limiter import Limiter
from tasks.stopping import Stop
from tests.standin.control import StandinControl

REQUESTS, AT_ONCE, IMAGES = 2000, 100, 50
Work = Callable[[], object]
PROMPT = "Judge the response on a scale from 1 to 5 and end with [[score]]. " * 20
MAX_TOKENS = 512


@dataclass(frozen=True)
class Load:
    """What is asked: through which protocol, and with images or without."""

    standin: StandinControl
    protocol: str
    images: tuple[bytes, ...] = ()

    @property
    def url(self) -> str:
        """The base URL of the protocol."""
        openai_spoken = self.protocol == "openai"
        return self.standin.openai_url if openai_spoken else self.standin.anthropic_url

    def texts(self, start: int) -> list[str]:
        """Distinct prompts; another `start`, other prompts."""
        return [f"{PROMPT} Response {start}-{number}." for number in range(REQUESTS)]


def pairs(standin: StandinControl, folder: Path) -> Iterator[tuple[str, Work, Work, str]]:
    """Benchmarks as (name, ours, other, name of the other)."""
    fresh = itertools.count()
    for protocol in ("openai", "anthropic"):
        for images in ((), jpegs()):
            load = Load(standin, protocol, images)

            def engine(load: Load = load) -> object:
                number = next(fresh)
                return asyncio.run(_engine(load, folder / f"new-{number}", number))

            def bare(load: Load = load) -> object:
                return asyncio.run(_bare(load, next(fresh)))

            what = f"{protocol}, {IMAGES} JPEGs" if images else f"{protocol}, text"
            yield f"engine, durable: {what}", engine, bare, "bare loop over the SDK, nothing kept"
    load = Load(standin, "openai")

    def cached() -> object:
        return asyncio.run(_engine(load, folder / "kept", 0))

    def once() -> object:
        return asyncio.run(_bare(load, next(fresh)))

    cached()
    yield "engine, all cached", cached, once, "bare loop over the SDK"


@cache
def jpegs() -> tuple[bytes, ...]:
    """Distinct JPEGs of about 370 KB each."""
    made = []
    for seed in range(IMAGES):
        noise = random.Random(seed).randbytes(300 * 225 * 3)
        coarse = Image.frombytes("RGB", (300, 225), noise)
        file = io.BytesIO()
        coarse.resize((1200, 900), Image.Resampling.BICUBIC).save(file, "JPEG", quality=79)
        made.append(file.getvalue())
    return tuple(made)


def bare_s(load: Load, start: int, times: int) -> float:
    """Seconds that a bare loop takes for so many times `REQUESTS` requests."""
    started = time.perf_counter()
    for number in range(times):
        asyncio.run(_bare(load, start + number))
    return time.perf_counter() - started


async def _bare(load: Load, start: int) -> None:
    """What a careful script does: every image encoded once, the fastest transport, no retries."""
    encoded = [base64.b64encode(image).decode("ascii") for image in load.images]
    ask, close = (_openai_loop if load.protocol == "openai" else _anthropic_loop)(load, encoded)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, text: str) -> Any:
        async with gate:
            return await ask(number, text)

    await asyncio.gather(*(one(n, text) for n, text in enumerate(load.texts(start))))
    await close()


def _openai_loop(load: Load, encoded: list[str]) -> tuple[Any, Any]:
    sdk = openai.AsyncOpenAI(
        api_key="none", base_url=load.url, max_retries=0,
        http_client=openai.DefaultAioHttpClient(),
    )  # fmt: skip

    async def ask(number: int, text: str) -> Any:
        content: Any = text
        if encoded:
            url = f"data:image/jpeg;base64,{encoded[number % len(encoded)]}"
            content = [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": text},
            ]
        message: Any = {"role": "user", "content": content}
        return await sdk.chat.completions.create(
            model="m", messages=[message], max_tokens=MAX_TOKENS
        )

    return ask, sdk.close


def _anthropic_loop(load: Load, encoded: list[str]) -> tuple[Any, Any]:
    sdk = anthropic.AsyncAnthropic(
        api_key="none", base_url=load.url, max_retries=0,
        http_client=anthropic.DefaultAioHttpClient(),
    )  # fmt: skip

    async def ask(number: int, text: str) -> Any:
        content: Any = text
        if encoded:
            data = encoded[number % len(encoded)]
            source = {"type": "base64", "media_type": "image/jpeg", "data": data}
            content = [{"type": "image", "source": source}, {"type": "text", "text": text}]
        message: Any = {"role": "user", "content": content}
        return await sdk.messages.create(model="m", messages=[message], max_tokens=MAX_TOKENS)

    return ask, sdk.close


async def _engine(load: Load, folder: Path, start: int) -> None:
    store = ImageStore(folder / "images")
    stored = [store.put(image, "image/jpeg") for image in load.images]
    assert [hashlib.sha256(image).hexdigest() for image in load.images] == stored
    cache, ledger = DiskCallCache(folder / "calls"), Ledger(folder / "ledger")
    lane = Lane(_client(load, store), Limiter(AT_ONCE, None), lambda _: 0.0)
    keeping = OwnKeeping(cache, FileClaims(cache.folder))
    engine = Engine(cache, {"j": lane}, Budget(None), ledger, Stop(), keeping)
    requests = [_request(load, stored, n, text) for n, text in enumerate(load.texts(start))]
    jobs = [Job(request_key(request), "j", request_json(request), 0.0) for request in requests]
    outcomes = await engine.answer(jobs)
    assert all(outcome.answer is not None for outcome in outcomes)
    await engine.close()
    ledger.close()
    cache.close()


def _client(load: Load, store: ImageStore) -> Client:
    common: dict[str, Any] = {"name": "j", "model": "m", "base_url": load.url}
    if load.protocol == "openai":
        return openai_client(OpenAIJudge(client="openai", **common), store)
    return anthropic_client(AnthropicJudge(client="anthropic", **common), store)


def _request(load: Load, stored: list[str], number: int, text: str) -> Request:
    parts: list[ImagePart | TextPart] = [TextPart(text=text)]
    if stored:
        image = ImagePart(sha256=stored[number % len(stored)], media_type="image/jpeg")
        parts.insert(0, image)
    return Request(
        provider=load.protocol, endpoint=load.url, model="m", params={"max_tokens": MAX_TOKENS},
        messages=(Message(role="user", content=tuple(parts)),),
    )  # fmt: skip
