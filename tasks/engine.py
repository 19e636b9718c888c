"""Answers requests: cache, then single flight, budget, limiter, client, and a durable answer.

It knows nothing of judging. This is the one home of retries: the SDKs' own are switched off.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cache.flight import SingleFlight
from cache.keeping import Keeping, OwnKeeping
from cache.store import CallCache, new_entry
from data.errors import BudgetError, CredentialsError, DataError, JudgeflowError
from data.ledger import Ledger
from data.records import Failure, Usage
from tasks.batching import Batching
from tasks.budget import Budget
from tasks.clients.failures import ASKED_AGAIN, FATAL, PUSHED_BACK, TRANSIENT, CallError, Client
from tasks.health import Health
from tasks.jobs import Job, Outcome
from tasks.limiter import Limiter, Started
from tasks.stopping import GRACE_S, Stop

LONGEST_BACKOFF_S = 60.0
LOOKED_UP_AT_ONCE = 100


@dataclass(frozen=True)
class Lane:
    """One judge's way to its endpoint; judges of one endpoint share limiter and health."""

    client: Client
    limiter: Limiter
    settle: Callable[[Usage], float | None]
    health: Health = field(default_factory=lambda: Health(900.0))
    max_attempts: int = 6
    give_up_after_s: float = 900.0
    backoff_s: float = 0.5
    batching: Batching | None = None


class _SilentError(Exception):
    """The endpoint has been dead for so many seconds that the call was not sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Engine:
    """Answers the requests of one run in one event loop."""

    def __init__(
        self,
        cache: CallCache,
        lanes: Mapping[str, Lane],
        budget: Budget,
        ledger: Ledger,
        stop: Stop,
        keeping: Keeping | None = None,
    ) -> None:
        self._keeping = keeping or OwnKeeping(cache)
        self._lanes = lanes
        self._budget = budget
        self._ledger = ledger
        self._stop = stop
        self._flight: SingleFlight[Outcome] = SingleFlight()
        self._calling: set[asyncio.Task[Any]] = set()

    async def answer(
        self, jobs: Sequence[Job], tell: Callable[[Outcome], None] = lambda _: None
    ) -> list[Outcome]:
        """An outcome for every job, in order; `tell` hears of each as it comes.

        Raises:
            Exception: a defect in a client; everything else is an outcome or stops the run.
        """
        outcomes: dict[str, Outcome] = {}
        waiting: dict[asyncio.Task[Outcome], Job] = {}
        batched: dict[str, list[Job]] = {}
        for start in range(0, len(jobs), LOOKED_UP_AT_ONCE):
            some = jobs[start : start + LOOKED_UP_AT_ONCE]
            hits = await self._keeping.answers([job.key for job in some])
            for job in some:
                if (answer := hits.get(job.key)) is not None:
                    outcomes[job.key] = Outcome(job, answer=answer, cached=True)
                    tell(outcomes[job.key])
                elif self._lanes[job.judge].batching is not None:
                    batched.setdefault(job.judge, []).append(job)
                else:
                    waiting[asyncio.create_task(self._fly(job, tell))] = job
            await asyncio.sleep(0)
        batches = {
            asyncio.create_task(self._batch(judge, some, tell)): some
            for judge, some in batched.items()
        }
        if waiting or batches:
            await self._finish({*waiting, *batches})
            for task, job in waiting.items():
                outcomes[job.key] = self._result(task, job)
            rest = self._taken_in(batches, outcomes)
            called = {asyncio.create_task(self._fly(job, tell)): job for job in rest}
            await self._finish(set(called))
            for task, job in called.items():
                outcomes[job.key] = self._result(task, job)
        return [outcomes[job.key] for job in jobs]

    async def _batch(
        self, judge: str, jobs: Sequence[Job], tell: Callable[[Outcome], None]
    ) -> dict[str, Outcome]:
        """Outcomes by key from the batch endpoint; some jobs may be left without one."""
        batching = self._lanes[judge].batching
        assert batching is not None
        try:
            return await batching.answer(jobs, tell)
        except JudgeflowError as error:
            self._stop.set(error)
            return {}

    def _taken_in(
        self,
        batches: Mapping[asyncio.Task[dict[str, Outcome]], Sequence[Job]],
        outcomes: dict[str, Outcome],
    ) -> list[Job]:
        """Add what batches brought; return the jobs that are to be called for directly."""
        rest = []
        for batch, jobs in batches.items():
            found = {} if batch.cancelled() else batch.result()
            outcomes |= found
            rest += [job for job in jobs if job.key not in found]
        if self._stop.reason is None:
            return rest
        outcomes |= {job.key: Outcome(job, failure=self._stopped(0, 0)) for job in rest}
        return []

    async def close(self) -> None:
        """Close every client once."""
        try:
            for lane in self._lanes.values():
                if lane.batching is not None:
                    await lane.batching.client.close()
            for client in {id(lane.client): lane.client for lane in self._lanes.values()}.values():
                await client.close()
        finally:
            await self._keeping.close()

    async def _finish(self, tasks: set[asyncio.Task[Any]]) -> None:
        """Wait for all; when the run stops, drop what waits and give calls in flight a grace."""
        if not tasks:
            return
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(stopped.set)

        self._stop.on_set(tell)
        stopping = asyncio.create_task(stopped.wait())
        everything = asyncio.gather(*tasks, return_exceptions=True)
        try:
            ends: set[asyncio.Future[Any]] = {stopping, everything}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not everything.done():
                for task in tasks - self._calling:
                    task.cancel()
                await asyncio.wait({everything}, timeout=GRACE_S)
        finally:
            for task in tasks:
                task.cancel()
            await everything
            stopping.cancel()
            self._stop.forget(tell)

    async def _fly(self, job: Job, tell: Callable[[Outcome], None]) -> Outcome:
        async def ask() -> Outcome:
            try:
                return await self._ask(job)
            finally:
                self._keeping.let_go(job.key)

        outcome, leads = await self._flight.do(job.key, ask)
        if not leads and outcome.answer is not None:
            outcome = Outcome(job, answer=outcome.answer, cached=True)
        tell(outcome)
        return outcome

    async def _ask(self, job: Job) -> Outcome:
        """Attempts until there is an answer, a failure for good, or no patience left."""
        lane = self._lanes[job.judge]
        failing_since: float | None = None
        attempts = perhaps = 0
        hard = 0  # attempts that count: a rejection for pace does not
        while True:
            if self._stop.reason is not None:
                return Outcome(job, failure=self._stopped(attempts, perhaps))
            attempts += 1
            try:
                if (
                    hit := await self._keeping.take(job.key, lane.limiter.room)
                ) is not None:  # another was faster
                    return Outcome(job, answer=hit, cached=True)
                return await self._attempt(job, lane, attempts)
            except CallError as error:
                perhaps += error.failure.perhaps_paid
                failure = error.failure.model_copy(
                    update={"attempts": attempts, "perhaps_paid": perhaps}
                )
                hard += failure.kind in TRANSIENT - PUSHED_BACK
                wait_s = self._wait_s(lane, attempts, error.retry_after)
                now = time.monotonic()
                failing_since = failing_since or now
                late = now - failing_since + wait_s > lane.give_up_after_s
                if failure.kind in FATAL:
                    kind = DataError if failure.kind == "miss" else CredentialsError
                    self._stop.set(kind(f"judge {job.judge!r}: {failure.message}"))
                if failure.kind not in ASKED_AGAIN or hard >= lane.max_attempts or late:
                    return Outcome(job, failure=failure)
            except _SilentError as error:
                return Outcome(job, failure=self._silent(lane, error, attempts - 1, perhaps))
            except JudgeflowError as error:
                self._stop.set(error)
                return Outcome(job, failure=self._stopped(attempts - 1, perhaps))
            self._keeping.step_back(job.key)
            await asyncio.sleep(wait_s)

    async def _attempt(self, job: Job, lane: Lane, attempt: int) -> Outcome:
        """One call, its price reserved before and its answer durable after."""
        task = asyncio.current_task()
        assert task is not None
        reserved = await self._budget.reserve(job.max_usd)
        charge, sent = 0.0, False
        try:
            async with lane.limiter.slot(job.tokens, again=attempt > 1) as started:
                if self._stop.reason is not None:
                    raise self._stop.reason
                if (silent_s := lane.health.silent_s()) is not None:
                    raise _SilentError(silent_s)
                await self._keeping.ready()
                self._ledger.sent(job.key, job.judge, attempt, job.max_usd)
                sent = True
                try:
                    self._calling.add(task)
                    answer = await lane.client.ask(job.request)
                except CallError as error:
                    charge = reserved.usd if error.failure.perhaps_paid else 0.0
                    self._heard_failure(job, lane, error, started)
                    raise
                except asyncio.CancelledError:
                    charge = reserved.usd  # sent, and nobody will hear the end of it
                    raise
            answer = answer.model_copy(update={"attempts": attempt})
            usd = lane.settle(answer.usage)
            charge = usd if usd is not None else reserved.usd
            stands = await self._keeping.keep(new_entry(job.key, job.request, answer))
            tokens = (answer.usage.input_tokens or 0, answer.usage.output_tokens or 0)
            self._ledger.paid(job.key, job.judge, usd, tokens)
            lane.limiter.succeeded()
            lane.health.succeeded()
            return Outcome(job, answer=stands, usd=usd)
        finally:
            self._calling.discard(task)
            self._budget.settle(reserved, charge, sent)

    def _heard_failure(self, job: Job, lane: Lane, error: CallError, started: Started) -> None:
        kind = error.failure.kind
        self._ledger.failed(job.key, kind, bool(error.failure.perhaps_paid))
        if kind in PUSHED_BACK:
            lane.limiter.pushed_back(started, kind == "overloaded", error.retry_after)
        if kind in TRANSIENT:
            lane.health.failed(kind)

    def _wait_s(self, lane: Lane, attempt: int, retry_after_s: float | None) -> float:
        """Exponential back-off with jitter, never before the provider's own `Retry-After`."""
        backoff = min(LONGEST_BACKOFF_S, lane.backoff_s * 2.0 ** min(attempt - 1, 20))
        return max(backoff * random.uniform(0.5, 1.5), retry_after_s or 0.0)

    def _silent(self, lane: Lane, error: _SilentError, attempts: int, perhaps_paid: int) -> Failure:
        return Failure(
            kind=lane.health.last,
            message=f"the endpoint has given no answer for {error.seconds:.0f} s; not asked",
            attempts=attempts,
            perhaps_paid=perhaps_paid,
        )

    def _result(self, task: asyncio.Task[Outcome], job: Job) -> Outcome:
        if task.cancelled():
            return Outcome(job, failure=self._stopped(0, 0))
        return task.result()

    def _stopped(self, attempts: int, perhaps_paid: int) -> Failure:
        budget = isinstance(self._stop.reason, BudgetError)
        return Failure(
            kind="budget" if budget else "interrupted",
            message=str(self._stop.reason or "cancelled"),
            attempts=attempts,
            perhaps_paid=perhaps_paid,
        )
