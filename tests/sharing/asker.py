"""What a process does that asks through the engine room, beside others that ask the same."""

from __future__ import annotations

import hashlib
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cache import redis_server
from cache.keys import request_json, request_key
from data.errors import JudgeflowError
from data.records import Message, Request, TextPart
from data.run_folder import RunFolder
from flows.opening import PRICES
from tasks import engine_room, leading
from tasks.config import RunConfig
from tasks.jobs import Job
from tasks.judges import Seat
from tasks.prices import load_price_list
from tasks.stages.context import seats_of

PRICE_USD = 0.01  # reserved for every call
PROMPT = "Judge the response on a scale from 1 to 5 and end with [[score]]."


def config_of(cache: str, standin: str, changes: dict[str, Any]) -> RunConfig:
    """One judge at the stand-in, whose calls cost what is reserved for them."""
    budget = {name: changes.pop(name) for name in ("max_usd", "max_calls") if name in changes}
    price = {"input": 0.0, "output": 1.0}
    judge = {"name": "j", "client": "openai", "model": "m", "base_url": standin, "price": price}
    return RunConfig.model_validate(
        {
            "name": "drill",
            "dataset": {"path": "."},
            "judges": [{**judge, "backoff_s": 0.01, "timeout_s": 30.0, **changes}],
            "budget": budget,
            "cache": cache,
        }
    )


def jobs_of(seat: Seat, count: int) -> list[Job]:
    """Distinct requests, the same in every process."""
    made = []
    for number in range(count):
        message = Message(role="user", content=(TextPart(text=f"{PROMPT} Response {number}."),))
        request = Request(
            provider=seat.provider,
            endpoint=seat.endpoint,
            model=seat.model,
            messages=(message,),
            params=dict(seat.params),
        )
        made.append(Job(request_key(request), "j", request_json(request), PRICE_USD, tokens=10))
    return made


def ask(link: Connection, run: Path, cache: str, standin: str, changes: dict[str, Any]) -> None:
    """Answer the requests once told to, and say what became of them."""
    count = changes.pop("count")
    redis_server.PATIENCE_S = changes.pop("patience_s", redis_server.PATIENCE_S)
    joins = changes.pop("joins", False)  # another process of a run that is being worked on
    config = config_of(cache, standin, changes)
    seats = seats_of(config, load_price_list(PRICES))
    jobs = jobs_of(seats["j"], count)
    known = (run / "run.json").exists()
    folder = RunFolder.open(run) if known else RunFolder.create(run, {})
    if not joins:
        leading.begin(folder, config)
    link.send("ready")
    link.recv()
    said: dict[str, Any] = {}
    try:
        outcomes = engine_room.answer(folder, config, seats, jobs)
        texts = "\n".join(o.answer.text for o in outcomes if o.answer is not None)
        said["answered"] = sum(o.answer is not None for o in outcomes)
        said["sent"] = sum(o.answer is not None and not o.cached for o in outcomes)
        said["texts"] = hashlib.sha256(texts.encode()).hexdigest()
        if (reason := engine_room.stop_reason(folder)) is not None:
            raise reason
    except JudgeflowError as error:
        said |= {"code": error.exit_code, "error": str(error)}
    engine_room.close(folder)
    link.send(said)
