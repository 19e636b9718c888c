"""The process that leads a run: it opens the run's execution for all, and says when it is over."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from cache.location import is_shared
from cache.redis_server import RedisServer
from data.errors import HostError, JudgeflowError
from data.ledger import spent
from data.run_folder import RunFolder
from tasks.config import RunConfig
from tasks.shared_budget import (
    ENDED,
    Session,
    lead,
    open_session,
    stop_earlier,
    stop_session,
)

_lock = threading.RLock()  # a signal handler may come while the main thread holds it
_led: dict[Path, tuple[RedisServer, Session, threading.Event]] = {}


def begin(run: RunFolder, config: RunConfig, catch_up: Callable[[], None] = lambda: None) -> None:
    """Open an execution of a run for every process that will work on it.

    A run whose call cache is a folder has no other processes, and nothing is opened. `catch_up`
    brings what others have written in the diary elsewhere, before it is counted.

    Raises:
        HostError: the server of the call cache cannot be used.
    """
    if not is_shared(config.cache):
        return
    session = Session(run.facts()["nonce"], secrets.token_hex(4))
    server = RedisServer(config.cache)
    stop_earlier(server, session)
    catch_up()
    already = spent(run.path / "ledger")  # nothing more is reserved by then
    open_session(server, session, already.usd, already.attempts)
    run.note(session=session.id)
    led = (server, session, threading.Event())
    with _lock:
        _led[run.path] = led
    threading.Thread(target=lead, args=led, daemon=True).start()


def end(run: RunFolder) -> None:
    """Tell the other processes that the run has ended."""
    with _lock:
        led = _led.pop(run.path, None)
    if led is not None:
        server, session, done = led
        done.set()
        with contextlib.suppress(HostError):  # they hear nothing more of this process either
            stop_session(server, session, ENDED)


def tell_others(reason: JudgeflowError) -> None:
    """Stop the other processes of the runs that this one leads; does not wait for them."""
    with _lock:
        led = list(_led.values())
    if led:  # perhaps in a signal's handler
        threading.Thread(target=_tell, args=(led, str(reason)), daemon=True).start()


def _tell(led: list[tuple[RedisServer, Session, threading.Event]], why: str) -> None:
    for server, session, _ in led:
        with contextlib.suppress(HostError):
            stop_session(server, session, why)
