"""Where engines run: one event loop thread per process, one engine per run.

Shards are synchronous Prefect tasks in threads or worker processes; all shards of a process
share connections, limiters, budget and single flight through this room.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cache.claims import FileClaims
from cache.disk import DiskCallCache
from cache.keeping import OwnKeeping
from cache.location import is_shared
from cache.opening import open_cache
from cache.redis_store import RedisCallCache
from cache.store import CallCache
from data.errors import JudgeflowError, LostRunError
from data.image_store import ImageStore
from data.ledger import Ledger, spent
from data.run_folder import RunFolder
from tasks import leading
from tasks.batching import Batching
from tasks.budget import Budget
from tasks.config import BudgetConfig, RunConfig
from tasks.engine import Engine, Lane
from tasks.health import Health
from tasks.jobs import Job, Outcome
from tasks.judge_config import AnthropicJudge, Judge, OpenAIJudge
from tasks.judges import Seat, make_batch_client, make_client
from tasks.limiter import Limiter
from tasks.shared_budget import Session
from tasks.sharing import Shared, shared_parts
from tasks.stopping import GRACE_S, Stop


@dataclass(frozen=True)
class _Running:
    engine: Engine
    cache: CallCache
    ledger: Ledger
    stop: Stop
    session: Session | None
    shared: Shared | None


PATIENCE = ("max_attempts", "give_up_after_s", "backoff_s")
_lock = threading.RLock()  # a signal handler may come while the main thread holds it
_loop: asyncio.AbstractEventLoop | None = None
_running: dict[Path, _Running] = {}
_told: JudgeflowError | None = None  # to runs whose engine has not started when all must stop


def answer(
    run: RunFolder,
    config: RunConfig,
    seats: dict[str, Seat],
    jobs: Sequence[Job],
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """An outcome for every job of a shard, in order; blocks the calling thread.

    Raises:
        JudgeflowError: the run must stop: credentials, budget, interrupt, full disk.
        LostRunError: another execution of the run has begun meanwhile.
    """
    running = _engine_of(run, config, seats)
    if running.stop.reason is not None:
        raise running.stop.reason
    future = asyncio.run_coroutine_threadsafe(running.engine.answer(jobs, tell), _the_loop())
    try:
        outcomes = future.result()
        if _session_of(run, config) != running.session:  # its shards are another's to write
            raise LostRunError(f"run {run.run_id!r} was taken over by another process")
        return outcomes
    except JudgeflowError as error:
        running.stop.set(error)
        raise


def stop_reason(run: RunFolder) -> JudgeflowError | None:
    """Why the run was told to stop in this process, if it was."""
    with _lock:
        running = _running.get(run.path)
    return running.stop.reason if running else _told


def stop_all(reason: JudgeflowError) -> None:
    """Tell every run of this process to stop; calls in flight get their grace."""
    global _told
    with _lock:
        _told = reason
        stops = [running.stop for running in _running.values()]
    for stop in stops:
        stop.set(reason)
    leading.tell_others(reason)


def forget() -> None:
    """Forget a word to stop that came when the run it was for had ended."""
    global _told
    with _lock:
        _told = None


def close(run: RunFolder) -> None:
    """Close the run's clients, cache and diary; a later shard opens them anew."""
    forget()
    with _lock:
        running = _running.pop(run.path, None)
    if running is not None:
        _close(running)


def _session_of(run: RunFolder, config: RunConfig) -> Session | None:
    if not is_shared(config.cache):
        return None
    facts = run.facts()
    return Session(facts["nonce"], facts["session"])


def _limits_of(run: RunFolder, config: RunConfig) -> BudgetConfig:
    """The limits of the stage that is done again, else those of the configuration."""
    own = run.facts().get("stage_limits")
    return config.budget if own is None else BudgetConfig.model_validate(own)


def _leaving(path: Path, session: Session) -> None:
    """Close the engine of an execution that is over everywhere, once its calls had their grace."""
    leaving = threading.Timer(GRACE_S + 1, _leave, (path, session))
    leaving.daemon = True
    leaving.start()


def _leave(path: Path, session: Session) -> None:
    with _lock:
        running = _running.get(path)
        if running is None or running.session != session:
            return
        _running.pop(path)
    _close(running)


def _retire(running: _Running) -> None:
    """Close an engine that was told to stop, once its calls in flight have had their grace."""
    closing = threading.Timer(GRACE_S + 1, _close, (running,))
    closing.daemon = True
    closing.start()


def _close(running: _Running) -> None:
    async def close() -> None:
        if running.shared is not None:
            await running.shared.budget.close()
        await running.engine.close()

    asyncio.run_coroutine_threadsafe(close(), _the_loop()).result()
    running.ledger.close()
    running.cache.close()


def _engine_of(run: RunFolder, config: RunConfig, seats: dict[str, Seat]) -> _Running:
    """The run's engine; one of an earlier execution of the run has ended and makes room."""
    session = _session_of(run, config)
    with _lock:
        running = _running.get(run.path)
        if running is None or running.session != session:
            if running is not None:
                _retire(running)
            running = _running[run.path] = _start(run, config, seats, session)
        return running


def _start(
    run: RunFolder, config: RunConfig, seats: dict[str, Seat], session: Session | None
) -> _Running:
    if _told is not None:
        raise _told
    cache, stop = open_cache(config.cache), Stop()
    claims = FileClaims(cache.folder) if isinstance(cache, DiskCallCache) else None
    images = ImageStore(config.image_folder)
    ledger = Ledger(run.path / "ledger")
    entries = {judge.name: judge for judge in everybody(config)}
    already = spent(run.path / "ledger")

    async def build() -> tuple[Engine, Shared | None]:  # events belong to the loop they are made in
        places: dict[tuple[str, str, str], tuple[Limiter, Health]] = {}
        limits, shared = _limits_of(run, config), None
        budget = Budget(limits.max_usd, limits.max_calls, already.usd, already.attempts)
        if session is not None and isinstance(cache, RedisCallCache):
            shared = shared_parts(cache, session, limits)
            budget = shared.budget
            shared.budget.watch(stop, lambda: _leaving(run.path, session))
        lanes = {}
        for name, judge in entries.items():
            lane = _lane(judge, seats[name], images, places, shared)
            if isinstance(judge, OpenAIJudge | AnthropicJudge) and judge.execute == "batch":
                client = make_batch_client(judge, images)
                settle, own = seats[name].settle_batch, judge.batch
                batching = Batching(run, name, client, cache, budget, ledger, settle, own)
                lane = replace(lane, batching=batching)
            lanes[name] = lane
        keeping = shared.keeping if shared else OwnKeeping(cache, claims)
        return Engine(cache, lanes, budget, ledger, stop, keeping), shared

    try:
        engine, shared = asyncio.run_coroutine_threadsafe(build(), _loop_locked()).result()
    except BaseException:
        ledger.close()
        cache.close()
        if claims is not None:
            claims.close()
        raise
    return _Running(engine, cache, ledger, stop, session, shared)


def everybody(config: RunConfig) -> tuple[Judge, ...]:
    """Every entry that is asked anything, verifier and describer too; each name once."""
    every = (*config.judges, *config.responders, *config.single)
    return tuple({judge.name: judge for judge in every}.values())


def _lane(
    judge: Judge,
    seat: Seat,
    images: ImageStore,
    places: dict[tuple[str, str, str], tuple[Limiter, Health]],
    shared: Shared | None,
) -> Lane:
    given = {name: getattr(judge, name) for name in PATIENCE if hasattr(judge, name)}
    where = _place(seat)
    if where not in places:
        requests = getattr(judge, "requests_per_minute", None)
        tokens = getattr(judge, "tokens_per_minute", None)
        patience_s = given.get("give_up_after_s", Lane.give_up_after_s)
        turn = shared.turn(where, requests, tokens) if shared else None
        limiter = Limiter(seat.concurrency, requests, tokens, turn=turn)
        places[where] = limiter, Health(patience_s)
    limiter, health = places[where]
    client = make_client(judge, images, limiter.heard)
    return Lane(client, limiter, seat.settle, health, **given)


def _place(seat: Seat) -> tuple[str, str, str]:
    """What judges that share a limiter have in common."""
    return seat.provider, seat.endpoint, seat.model


def _the_loop() -> asyncio.AbstractEventLoop:
    with _lock:
        return _loop_locked()


def _loop_locked() -> asyncio.AbstractEventLoop:
    """The room's loop; started on first use. The lock is held."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        threading.Thread(target=_loop.run_forever, daemon=True, name="judgeflow-engine").start()
    return _loop
