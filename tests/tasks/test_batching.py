"""Handing in and fetching, at the seam of the batch client: what a lost word must not cost."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from cache.disk import DiskCallCache
from cache.keys import request_json, request_key
from data.errors import CredentialsError
from data.handed_in import HandedIn, note, pending
from data.ledger import Ledger, spent
from data.records import Answer, Failure, FailureKind, Message, Request, TextPart, Usage
from data.run_folder import RunFolder
from tasks.batching import Batching
from tasks.budget import Budget
from tasks.clients.failures import CallError
from tasks.clients.handing_in import Item, Result
from tasks.jobs import Job, Outcome
from tasks.judge_config import BatchConfig


def job(number: int) -> Job:
    message = Message(role="user", content=(TextPart(text=f"question {number}"),))
    request = Request(provider="p", endpoint="e", model="m", messages=(message,), params={})
    return Job(request_key(request), "j", request_json(request), 0.5)


def error(kind: FailureKind, perhaps: int = 0) -> CallError:
    return CallError(Failure(kind=kind, message=kind, perhaps_paid=perhaps), None)


class Endpoint:
    """Keeps batches; loses its word on the submits that `lost` counts, refuses with `refusal`."""

    most_items, most_bytes = 3, 10**6

    def __init__(self, lost: int = 0, refusal: CallError | None = None) -> None:
        self.held: dict[str, tuple[str, ...]] = {}  # nonce (also its id) to keys
        self.lost, self.refusal = lost, refusal

    def body(self, request: Request) -> bytes:
        return request.text.encode()

    async def submit(self, items: Sequence[Item], nonce: str) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.held[nonce] = tuple(item.key for item in items)
        self.lost -= 1
        if self.lost >= 0:
            raise error("connection", 1)
        return nonce

    async def find(self, nonce: str) -> str | None:
        return nonce if nonce in self.held else None

    async def ended(self, batch: str) -> bool:
        return True

    async def cancel(self, batch: str) -> None: ...

    async def results(self, batch: str) -> AsyncIterator[Result]:
        for key in self.held[batch]:
            yield key, Answer(text="[[4]]", finish_reason="stop", usage=Usage(input_tokens=1))

    async def close(self) -> None: ...


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", {}, name="run")


def answered(
    run: RunFolder, endpoint: Endpoint, jobs: list[Job], budget: Budget | None = None
) -> dict[str, Outcome]:
    cache, ledger = DiskCallCache(run.path / "calls"), Ledger(run.path / "ledger")
    config = BatchConfig(poll_s=0.001)
    batching = Batching(
        run, "j", endpoint, cache, budget or Budget(), ledger, lambda _: 0.25, config
    )
    try:
        found = asyncio.run(batching.answer(jobs, lambda _: None))
        assert all(cache.get(o.job.key) for o in found.values() if o.answer)
        return found
    finally:
        ledger.close()
        cache.close()


def test_more_than_a_batch_may_hold_goes_in_several(run: RunFolder) -> None:
    endpoint = Endpoint()
    found = answered(run, endpoint, [job(n) for n in range(7)])
    assert sorted(map(len, endpoint.held.values())) == [1, 3, 3]
    assert all(outcome.usd == 0.25 for outcome in found.values())
    assert pending(run, "j", [job(n).key for n in range(7)]) == []


def test_a_submit_whose_answer_is_lost_is_looked_for_before_it_is_repeated(run: RunFolder) -> None:
    endpoint = Endpoint(lost=1)
    found = answered(run, endpoint, [job(1), job(2)])
    assert len(endpoint.held) == 1
    assert all(outcome.answer is not None for outcome in found.values())


def test_a_batch_without_an_id_is_found_by_its_nonce_and_paid_once(run: RunFolder) -> None:
    endpoint, one = Endpoint(), job(1)
    endpoint.held["n1"] = (one.key,)  # handed in by a process that was killed before it knew
    killed = Ledger(run.path / "ledger")
    killed.sent(one.key, "j", 1, 0.5)
    killed.close()
    (file,) = (run.path / "ledger").glob("*.jsonl")
    file.rename(file.with_name("another-host-1.jsonl"))
    note(run, HandedIn(nonce="n1", judge="j", keys=(one.key,), since=time.time()))
    found = answered(run, endpoint, [one])
    assert found[one.key].answer is not None
    assert list(endpoint.held) == ["n1"]
    total = spent(run.path / "ledger")
    assert (total.attempts, total.paid, total.perhaps_paid, total.usd) == (1, 1, 0, 0.25)


def test_a_batch_that_never_arrived_is_handed_in_anew_and_counted_as_perhaps_paid(
    run: RunFolder,
) -> None:
    endpoint, one = Endpoint(), job(1)
    killed = Ledger(run.path / "ledger")
    killed.sent(one.key, "j", 1, 0.5)
    killed.close()
    note(run, HandedIn(nonce="n1", judge="j", keys=(one.key,), since=time.time()))
    found = answered(run, endpoint, [one])
    assert found[one.key].answer is not None
    total = spent(run.path / "ledger")
    assert (total.attempts, total.paid, total.perhaps_paid) == (2, 1, 1)


def test_what_a_dead_process_handed_in_counts_at_its_maximum_only_until_it_is_back(
    run: RunFolder,
) -> None:
    endpoint, jobs = Endpoint(), [job(n) for n in range(3)]
    endpoint.held["n1"] = tuple(job.key for job in jobs[:2])
    killed = Ledger(run.path / "ledger")
    for one in jobs[:2]:
        killed.sent(one.key, "j", 1, 0.5)
    killed.close()
    (file,) = (run.path / "ledger").glob("*.jsonl")
    file.rename(file.with_name("another-host-1.jsonl"))
    note(run, HandedIn(nonce="n1", judge="j", keys=endpoint.held["n1"], since=time.time()))
    before = spent(run.path / "ledger")
    budget = Budget(1.25, 3, before.usd, before.attempts)  # the third has no room beside 2 x 0.5
    found = answered(run, endpoint, jobs, budget)
    assert all(outcome.answer is not None for outcome in found.values())
    assert (budget.spent_usd, budget.calls, budget.reserved_calls) == (0.75, 3, 0)
    assert spent(run.path / "ledger").usd == budget.spent_usd


def test_what_is_out_when_a_try_ends_early_counts_at_its_maximum(run: RunFolder) -> None:
    class Silent(Endpoint):
        async def ended(self, batch: str) -> bool:
            raise error("bad_request")

    budget = Budget(10.0)
    with pytest.raises(CallError):
        answered(run, Silent(), [job(1), job(2)], budget)
    assert (budget.spent_usd, budget.calls, budget.reserved_calls) == (1.0, 2, 0)
    assert spent(run.path / "ledger").usd == budget.spent_usd


def test_an_endpoint_that_takes_no_batch_leaves_the_rows_open(run: RunFolder) -> None:
    found = answered(run, Endpoint(refusal=error("server_error")), [job(1), job(2)])
    failures = [outcome.failure for outcome in found.values()]
    assert [failure.kind for failure in failures if failure] == ["server_error"] * 2
    assert spent(run.path / "ledger").perhaps_paid == 0


def test_a_wrong_key_stops_the_run(run: RunFolder) -> None:
    with pytest.raises(CredentialsError, match="judge 'j': credentials"):
        answered(run, Endpoint(refusal=error("credentials")), [job(1)])
    assert spent(run.path / "ledger").perhaps_paid == 0
