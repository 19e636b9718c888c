"""The engine through the real SDK against a server that allows so many calls a second."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cache.disk import DiskCallCache
from cache.keys import request_json, request_key
from data.image_store import ImageStore
from data.ledger import Ledger
from data.records import Message, Request, TextPart
from tasks.budget import Budget
from tasks.clients.openai_client import openai_client
from tasks.engine import Engine, Lane
from tasks.jobs import Job, Outcome
from tasks.judge_config import OpenAIJudge
from tasks.limiter import Limiter
from tasks.stopping import Stop
from tests.standin.control import StandinControl


def asked(standin: StandinControl, folder: Path, requests: int, at_once: int) -> list[Outcome]:
    judge = OpenAIJudge(name="j", client="openai", model="m", base_url=standin.openai_url)
    cache, ledger = DiskCallCache(folder / "calls"), Ledger(folder / "ledger")

    async def scene() -> list[Outcome]:
        limiter = Limiter(at_once)
        client = openai_client(judge, ImageStore(folder / "images"), limiter.heard)
        engine = Engine(
            cache, {"j": Lane(client, limiter, lambda _: 0.0)}, Budget(), ledger, Stop()
        )
        try:
            return await engine.answer(list(jobs(standin, requests)))
        finally:
            await engine.close()

    outcomes = asyncio.run(scene())
    ledger.close()
    cache.close()
    return outcomes


def jobs(standin: StandinControl, count: int) -> Iterator[Job]:
    for number in range(count):
        message = Message(role="user", content=(TextPart(text=f"Describe {number}."),))
        request = Request(
            provider="openai",
            endpoint=standin.openai_url,
            model="m",
            messages=(message,),
            params={},
        )
        yield Job(request_key(request), "j", request_json(request), 0.0)


LIMITS: dict[str, dict[str, Any]] = {
    "a bucket that refills": {},
    "a second at a time": {"window_s": 1.0},
    "a bucket, told in headers": {"headers": True},
}


def held(standin: StandinControl, folder: Path, per_s: int, requests: int, **allowed: Any) -> float:
    """The share used of the allowed rate; nothing fails and few are rejected once it is warm."""
    standin.script(latency=0.05, allowed={"per_s": per_s, **allowed}, retry_after="1")
    started = time.monotonic()
    outcomes = asked(standin, folder, requests, at_once=100)
    took_s = time.monotonic() - started
    stats = standin.stats()
    assert all(outcome.answer is not None for outcome in outcomes)
    assert stats["completed"] == requests
    warm = [t for t in stats["arrived_s"] if t > stats["arrived_s"][0] + 5]
    rejected = [t for t in stats["beyond_s"] if t > stats["arrived_s"][0] + 5]
    used = requests / took_s / per_s
    print(
        f"{requests} requests at {per_s}/s in {took_s:.1f} s: {used:.1%} used, "
        f"{len(rejected) / len(warm):.2%} rejected after 5 s, {len(stats['beyond_s'])} in all"
    )
    assert len(rejected) < 0.03 * len(warm)
    return used


@pytest.mark.parametrize(
    "kind",
    [
        "a bucket that refills",
        pytest.param("a bucket, told in headers", marks=pytest.mark.prove),
    ],
)
def test_the_allowed_rate_is_used(standin: StandinControl, tmp_path: Path, kind: str) -> None:
    assert held(standin, tmp_path, 100, 800, **LIMITS[kind]) > 0.5  # the start weighs much


@pytest.mark.prove
@pytest.mark.parametrize("allowed", LIMITS.values(), ids=LIMITS)
def test_2000_requests_at_20_a_second(
    standin: StandinControl, tmp_path: Path, allowed: dict[str, Any]
) -> None:
    assert held(standin, tmp_path, 20, 2000, **allowed) >= 0.9
