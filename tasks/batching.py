"""Answers requests through a provider's batch endpoint: handed in, waited for, fetched.

What is handed in is written down before and after, so that a batch survives the process that
started it: the next one picks it up by its id, or by the nonce it was handed in under.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import TypeVar

from cache.store import CallCache, new_entry
from data.errors import CredentialsError
from data.handed_in import HandedIn, note, pending
from data.ledger import Ledger
from data.records import Answer, Failure, Usage
from data.run_folder import RunFolder
from tasks.budget import Budget, Reservation
from tasks.clients.failures import FATAL, TRANSIENT, CallError
from tasks.clients.handing_in import BatchClient, Item
from tasks.jobs import Job, Outcome
from tasks.judge_config import BatchConfig

LONGEST_BACKOFF_S = 60.0
STORED_AT_ONCE = 200
T = TypeVar("T")
Tell = Callable[[Outcome], None]


@dataclass
class _Sheet:
    """A shard's requests on their way: those without an outcome yet, and why."""

    left: dict[str, Job]
    tell: Tell
    found: dict[str, Outcome] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)

    def settle(self, outcome: Outcome) -> None:
        key = outcome.job.key
        del self.left[key]
        self.found[key] = outcome
        self.tell(outcome)


@dataclass
class Batching:
    """One judge's way to its batch endpoint.

    Args:
        run: where batches are written down.
        judge: whose requests they are.
        client: the endpoint.
        cache, budget, ledger: as for calls.
        settle: USD of a usage at the batch price.
        config: how often to look, how long to wait, and what then.
        max_attempts: how often a request is handed in.
    """

    run: RunFolder
    judge: str
    client: BatchClient
    cache: CallCache
    budget: Budget
    ledger: Ledger
    settle: Callable[[Usage], float | None]
    config: BatchConfig
    max_attempts: int = 6
    _reserved: dict[str, Reservation] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)  # those of them that were handed in

    async def answer(self, jobs: Sequence[Job], tell: Tell) -> dict[str, Outcome]:
        """The outcomes by key; jobs without one are left to be asked directly.

        Raises:
            BudgetError: not even one more request fits the budget.
            CredentialsError: no further request can be answered.
        """
        sheet = _Sheet({job.key: job for job in jobs}, tell)
        late = False
        try:
            for _ in range(self.max_attempts):
                waiting = [batch async for batch in self._picked_up(sheet)]
                over = await self._hand_in_rest(sheet, waiting)
                for batch in waiting:
                    late |= await self._waited(batch)
                    await self._take_in(batch, sheet)
                if over or late or not sheet.left:
                    break
        finally:
            for key in list(self._reserved):  # what is out may yet be paid for
                out = key in self._out
                self._free(key, None if out else 0.0, sent=out)
        if not (late and self.config.fallback):
            for key, job in list(sheet.left.items()):
                nothing = Failure(kind="timeout", message="the batch brought no answer")
                sheet.settle(Outcome(job, failure=sheet.failures.get(key, nothing)))
        return sheet.found

    # --- handing in -------------------------------------------------------------------------------

    async def _picked_up(self, sheet: _Sheet) -> AsyncIterator[HandedIn]:
        """Batches of earlier tries and processes that hold any of these requests."""
        for batch in pending(self.run, self.judge, sheet.left):
            found = batch
            if batch.id is None:
                known = await self._found(batch)
                found = batch.model_copy(update={"id": known, "done": known is None})
                note(self.run, found)
            if not found.done:
                for key in found.keys:
                    self._adopt(key, sheet.left.get(key))
                yield found

    def _adopt(self, key: str, job: Job | None) -> None:
        self.ledger.adopted(key, self.judge, job.max_usd if job else None)
        if job is not None and key not in self._reserved:
            self._reserved[key] = self.budget.take_up(job.max_usd)
            self._out.add(key)

    async def _found(self, batch: HandedIn) -> str | None:
        return await self._patiently(lambda: self.client.find(batch.nonce))

    async def _hand_in_rest(self, sheet: _Sheet, waiting: list[HandedIn]) -> bool:
        """Hand in what no batch holds; true if the endpoint will take no more for now."""
        away = {key for batch in waiting for key in batch.keys}
        for chunk in self._chunks([job for key, job in sheet.left.items() if key not in away]):
            some = await self._affordable(chunk)
            if not some:
                break  # what is out must come back first
            try:
                waiting.append(await self._hand_in(some))
            except CallError as error:
                sheet.failures |= dict.fromkeys((job.key for job, _ in some), error.failure)
                return True
        return False

    def _chunks(self, jobs: Sequence[Job]) -> Iterator[list[tuple[Job, Item]]]:
        """Jobs with their bodies, as many as one batch may hold."""
        chunk: list[tuple[Job, Item]] = []
        size = 0
        for job in jobs:
            item = Item(job.key, self.client.body(job.request))
            full = size + len(item.body) > self.client.most_bytes
            if chunk and (full or len(chunk) >= self.client.most_items):
                yield chunk
                chunk, size = [], 0
            chunk.append((job, item))
            size += len(item.body)
        if chunk:
            yield chunk

    async def _affordable(self, chunk: Iterable[tuple[Job, Item]]) -> list[tuple[Job, Item]]:
        """Those at the front that the budget has room for, reserved.

        Raises:
            BudgetError: there is room for none, and none is out.
        """
        some: list[tuple[Job, Item]] = []
        for job, item in chunk:
            reserved = await self.budget.reserve_now(job.max_usd)
            if reserved is None and not self._reserved:
                reserved = await self.budget.reserve(job.max_usd)
            if reserved is None:
                break
            self._reserved[job.key] = reserved
            some.append((job, item))
        return some

    async def _hand_in(self, some: Sequence[tuple[Job, Item]]) -> HandedIn:
        keys = tuple(job.key for job, _ in some)
        batch = HandedIn(nonce=uuid.uuid4().hex, judge=self.judge, keys=keys, since=time.time())
        note(self.run, batch)
        for job, _ in some:
            self.ledger.sent(job.key, self.judge, 1, job.max_usd)
            self._out.add(job.key)
        items, tried = [item for _, item in some], False

        async def hand_in() -> str:
            nonlocal tried
            known = await self.client.find(batch.nonce) if tried else None
            tried = True
            return known or await self.client.submit(items, batch.nonce)

        try:
            name = await self._patiently(hand_in)
        except (CallError, CredentialsError) as error:
            failure = error.failure if isinstance(error, CallError) else None
            kind = failure.kind if failure else "credentials"
            perhaps = bool(failure and failure.perhaps_paid)
            for key in keys:
                self.ledger.failed(key, kind, perhaps)
                self._free(key, None if perhaps else 0.0, sent=True)
            note(self.run, batch.model_copy(update={"done": True}))
            raise
        batch = batch.model_copy(update={"id": name})
        note(self.run, batch)
        return batch

    # --- fetching ---------------------------------------------------------------------------------

    async def _waited(self, batch: HandedIn) -> bool:
        """Wait for a batch to end, however it ends; true if the deadline ended it."""
        name, deadline = str(batch.id), batch.since + 3600.0 * self.config.deadline_h
        while not await self._patiently(lambda: self.client.ended(name)):
            if time.time() > deadline:
                await self._patiently(lambda: self.client.cancel(name))
                while not await self._patiently(lambda: self.client.ended(name)):
                    await asyncio.sleep(self.config.poll_s)
                return True
            await asyncio.sleep(self.config.poll_s)
        return False

    async def _take_in(self, batch: HandedIn, sheet: _Sheet) -> None:
        """Keep every answer of a batch that has ended; what has none stays on the sheet."""

        async def fetched() -> dict[str, Answer | CallError]:
            return {key: result async for key, result in self.client.results(str(batch.id))}

        results = await self._patiently(fetched)
        await self._store(results, sheet)
        for key in batch.keys:
            result = results.get(key)
            if isinstance(result, Answer):
                self._keep(key, result, sheet)
            elif result is not None:
                self._failed(key, result.failure, sheet)
            else:
                lost = Failure(kind="bad_body", message="the batch's results lack this request")
                self._failed(key, lost, sheet)
        note(self.run, batch.model_copy(update={"done": True}))

    async def _store(self, results: Mapping[str, Answer | CallError], sheet: _Sheet) -> None:
        """Make every answer of a batch durable, before any is used."""
        answers = [(k, r) for k, r in results.items() if isinstance(r, Answer) and k in sheet.left]
        for start in range(0, len(answers), STORED_AT_ONCE):
            some = answers[start : start + STORED_AT_ONCE]
            self.cache.put_all([new_entry(key, sheet.left[key].request, a) for key, a in some])
            await asyncio.sleep(0)

    def _keep(self, key: str, answer: Answer, sheet: _Sheet) -> None:
        usd = self.settle(answer.usage)
        job = sheet.left.get(key)
        tokens = (answer.usage.input_tokens or 0, answer.usage.output_tokens or 0)
        self.ledger.paid(key, self.judge, usd, tokens)
        self._free(key, usd, sent=True)
        if job is not None:
            sheet.settle(Outcome(job, answer=answer, usd=usd))

    def _failed(self, key: str, failure: Failure, sheet: _Sheet) -> None:
        self.ledger.failed(key, failure.kind, perhaps_paid=False)
        self._free(key, 0.0, sent=True)
        if failure.kind in FATAL:
            raise CredentialsError(f"judge {self.judge!r}: {failure.message}")
        job = sheet.left.get(key)
        if job is not None and failure.kind in TRANSIENT:
            sheet.failures[key] = failure
        elif job is not None:
            sheet.settle(Outcome(job, failure=failure))

    def _free(self, key: str, usd: float | None, sent: bool) -> None:
        self._out.discard(key)
        reserved = self._reserved.pop(key, None)
        if reserved is not None:
            self.budget.settle(reserved, reserved.usd if usd is None else usd, sent)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the endpoint says, asked again while it cannot be reached.

        Raises:
            CredentialsError: no further request can be answered.
            CallError: it says no, or has not been reached in `max_attempts` tries.
        """
        attempt = 0
        while True:
            try:
                return await ask()
            except CallError as error:
                attempt += 1
                if error.failure.kind in FATAL:
                    message = f"judge {self.judge!r}: {error.failure.message}"
                    raise CredentialsError(message) from error
                if error.failure.kind not in TRANSIENT or attempt >= self.max_attempts:
                    raise
            await asyncio.sleep(min(LONGEST_BACKOFF_S, self.config.poll_s * 2.0**attempt))
