import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cache.disk import DiskCallCache
from cache.keys import request_json, request_key
from data.errors import (
    BudgetError,
    HostError,
    InputError,
    InterruptedRunError,
    JudgeflowError,
)
from data.ledger import Ledger, spent
from data.records import Answer, Failure, FailureKind, Message, Request, TextPart, Usage
from data.run_lock import RunLock
from tasks.budget import Budget
from tasks.clients.failures import CallError
from tasks.engine import Engine, Lane
from tasks.jobs import Job, Outcome
from tasks.limiter import Limiter
from tasks.stopping import Stop

PRICE_USD = 0.01


def job(number: int, judge: str = "j") -> Job:
    message = Message(role="user", content=(TextPart(text=f"question {number}"),))
    request = Request(provider="p", endpoint="e", model="m", messages=(message,), params={})
    return Job(request_key(request), judge, request_json(request), PRICE_USD)


def fails(kind: FailureKind, perhaps: int = 0, retry_after: float | None = None) -> CallError:
    return CallError(Failure(kind=kind, message=kind, perhaps_paid=perhaps), retry_after)


class Scripted:
    """A client that does what its script says for each call, then answers."""

    def __init__(self, *script: CallError, latency_s: float = 0.0) -> None:
        self.script = list(script)
        self.latency_s = latency_s
        self.calls: list[str] = []
        self.closed = False

    async def ask(self, request: Request) -> Answer:
        self.calls.append(request.text)
        await asyncio.sleep(self.latency_s)
        if self.script:
            raise self.script.pop(0)
        return Answer(text="[[4]]", finish_reason="stop", usage=Usage(input_tokens=1))

    async def close(self) -> None:
        self.closed = True


class Bench:
    """An engine with its parts in reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = DiskCallCache(folder / "cache")
        self.stop = Stop()

    def answer(
        self,
        client: Scripted,
        jobs: list[Job],
        max_usd: float | None = None,
        during: Callable[[], None] = lambda: None,
        **lane: float,
    ) -> list[Outcome]:
        async def scene() -> list[Outcome]:
            ledger = Ledger(self.folder / "ledger")
            way = Lane(client, Limiter(8), lambda _: PRICE_USD, backoff_s=0.001, **lane)  # type: ignore[arg-type]
            budget = Budget(max_usd, None, spent(self.folder / "ledger").usd)
            engine = Engine(self.cache, {"j": way}, budget, ledger, self.stop)
            asyncio.get_running_loop().call_later(0.05, during)
            try:
                return await engine.answer(jobs)
            finally:
                await engine.close()
                ledger.close()

        return asyncio.run(scene())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.cache.close()


def test_an_answer_is_asked_once_and_then_comes_from_the_cache(bench: Bench) -> None:
    client = Scripted()
    first = bench.answer(client, [job(1), job(2)])
    again = bench.answer(client, [job(1), job(2)])
    assert len(client.calls) == 2
    assert [o.cached for o in first + again] == [False, False, True, True]
    assert client.closed


def test_identical_jobs_of_one_shard_are_sent_once(bench: Bench) -> None:
    client = Scripted(latency_s=0.01)
    outcomes = bench.answer(client, [job(1), job(1), job(1)])
    assert len(client.calls) == 1
    assert all(o.answer is not None for o in outcomes)


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded", "connection", "bad_body"])
def test_a_transient_failure_is_asked_again(bench: Bench, kind: FailureKind) -> None:
    client = Scripted(fails(kind), fails(kind))
    (outcome,) = bench.answer(client, [job(1)])
    assert outcome.answer is not None
    assert outcome.answer.attempts == 3


def test_a_row_stays_open_when_attempts_run_out_and_nothing_is_stored(bench: Bench) -> None:
    client = Scripted(*[fails("timeout", perhaps=1) for _ in range(9)])
    (outcome,) = bench.answer(client, [job(1)], max_attempts=3)
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.attempts) == ("timeout", 3)
    assert outcome.failure.perhaps_paid == 3
    assert bench.cache.has([job(1).key]) == set()
    assert spent(bench.folder / "ledger").perhaps_paid == 3


def test_rejections_for_pace_do_not_use_up_attempts_but_patience_ends(bench: Bench) -> None:
    client = Scripted(*[fails("rate_limited") for _ in range(8)])
    (outcome,) = bench.answer(client, [job(1)], max_attempts=2)
    assert outcome.answer is not None
    client = Scripted(fails("rate_limited", retry_after=3600.0))
    (outcome,) = bench.answer(client, [job(2)], give_up_after_s=60.0)
    assert outcome.failure is not None
    assert outcome.failure.kind == "rate_limited"


def test_the_providers_retry_after_is_honoured(bench: Bench) -> None:
    started = time.monotonic()
    bench.answer(Scripted(fails("rate_limited", retry_after=0.3)), [job(1)])
    assert time.monotonic() - started >= 0.3


def test_a_bad_request_fails_alone_and_is_not_asked_again(bench: Bench) -> None:
    client = Scripted(fails("bad_request"))
    outcomes = bench.answer(client, [job(1), job(2)])
    assert sorted(o.failure.kind if o.failure else "answered" for o in outcomes) == [
        "answered",
        "bad_request",
    ]
    assert len(client.calls) == 2
    assert bench.stop.reason is None


@pytest.mark.parametrize("kind", ["credentials", "unknown_model", "quota", "miss"])
def test_a_fatal_failure_stops_the_run_at_once(bench: Bench, kind: FailureKind) -> None:
    client = Scripted(fails(kind), latency_s=0.01)
    outcomes = bench.answer(client, [job(n) for n in range(100)])
    assert isinstance(bench.stop.reason, InputError)
    assert len(client.calls) <= 8
    assert sum(o.answer is None for o in outcomes) >= 92


def test_the_budget_is_never_crossed_and_the_rest_stays_open(bench: Bench) -> None:
    client = Scripted(latency_s=0.002)
    outcomes = bench.answer(client, [job(n) for n in range(50)], max_usd=0.105)
    assert isinstance(bench.stop.reason, BudgetError)
    assert len(client.calls) == 10
    assert spent(bench.folder / "ledger").usd == pytest.approx(0.10)
    assert {o.failure.kind for o in outcomes if o.failure} == {"budget"}


def test_a_resumed_run_carries_what_it_has_spent(bench: Bench) -> None:
    client = Scripted()
    bench.answer(client, [job(n) for n in range(3)], max_usd=0.05)
    bench.answer(client, [job(n) for n in range(10)], max_usd=0.05)
    assert len(client.calls) == 5


def test_an_interrupt_keeps_answers_in_flight_and_drops_what_waits(bench: Bench) -> None:
    client = Scripted(latency_s=0.3)
    reason = InterruptedRunError("stopped")
    outcomes = bench.answer(
        client, [job(n) for n in range(50)], during=lambda: bench.stop.set(reason)
    )
    assert len(client.calls) == 8
    assert sum(o.answer is not None for o in outcomes) == 8
    assert len(bench.cache.has([job(n).key for n in range(50)])) == 8


def test_an_answer_is_durable_before_it_is_used(bench: Bench) -> None:
    seen: list[bool] = []

    async def scene() -> None:
        ledger = Ledger(bench.folder / "ledger")
        lane = Lane(Scripted(), Limiter(2), lambda _: 0.0)
        engine = Engine(bench.cache, {"j": lane}, Budget(None), ledger, bench.stop)
        await engine.answer([job(1)], lambda o: seen.append(bool(bench.cache.has([o.job.key]))))
        ledger.close()

    asyncio.run(scene())
    assert seen == [True]


def test_a_cache_that_cannot_be_written_stops_the_run(bench: Bench) -> None:
    class Full(DiskCallCache):
        def put(self, entry: object) -> None:
            raise HostError("the call cache cannot be used: disk full")

    bench.cache.close()
    bench.cache = Full(bench.folder / "full")
    client = Scripted(latency_s=0.01)
    outcomes = bench.answer(client, [job(n) for n in range(100)])
    assert isinstance(bench.stop.reason, HostError)
    assert len(client.calls) <= 8
    assert all(o.answer is None for o in outcomes)


def test_the_first_reason_to_stop_wins() -> None:
    stop, heard = Stop(), list[str]()
    stop.on_set(lambda: heard.append("told"))
    stop.set(BudgetError("first"))
    stop.set(JudgeflowError("second"))
    assert str(stop.reason) == "first"
    assert heard == ["told"]


def test_a_jumping_clock_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, moves = time.time, itertools.cycle([0.0, 86_400.0, -86_400.0, 3600.0])
    monkeypatch.setattr(time, "time", lambda: real() + next(moves))
    client = Scripted(fails("rate_limited", retry_after=0.05), fails("timeout", 1), latency_s=0.02)
    started = time.monotonic()
    with RunLock(bench.folder):
        outcomes = bench.answer(client, [job(n) for n in range(6)])
        with pytest.raises(HostError, match="is being worked on"), RunLock(bench.folder):
            pass
    assert all(outcome.answer is not None for outcome in outcomes)
    assert len(client.calls) == 8
    assert time.monotonic() - started < 30  # nobody waited for the clock to come back
