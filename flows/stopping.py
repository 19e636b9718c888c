"""Ctrl-C, SIGTERM and other reasons to stop: engines give calls in flight their grace."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from data.errors import InterruptedRunError, JudgeflowError
from tasks import engine_room

_waiting = threading.Event()
_listening = threading.Event()
_given: list[JudgeflowError] = []  # reasons that no signal brought, for the main thread
_terminated = threading.Event()


def terminated() -> bool:
    """Whether somebody has sent SIGTERM to this process since it last began a run."""
    return _terminated.is_set()


@contextmanager
def waiting_for_shards() -> Iterator[None]:
    """While inside, a signal leaves the main thread alone: the shards end, and it hears of it."""
    _waiting.set()
    try:
        yield
    finally:
        _waiting.clear()


def stop_run(reason: JudgeflowError) -> None:
    """Stop the runs of this process cleanly, from any thread, for a reason that is no signal."""
    _given.append(reason)
    engine_room.stop_all(reason)
    main = threading.main_thread().ident
    if _listening.is_set() and main is not None:
        signal.pthread_kill(main, signal.SIGTERM)


@contextmanager
def stops_on_signals() -> Iterator[None]:
    """While inside, the first signal stops the run cleanly and the second one at once.

    Raises:
        JudgeflowError: there was a reason to stop while no shard was being waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stopping: list[JudgeflowError] = []

    def handler(number: int, frame: FrameType | None) -> None:
        if _given:
            reason = _given.pop(0)
        else:
            if number == signal.SIGTERM:
                _terminated.set()
            for again, old in before.items():
                signal.signal(again, old)
            name = signal.Signals(number).name
            reason = InterruptedRunError(f"stopped by {name}; `judgeflow resume` continues the run")
        stopping.append(reason)
        if len(stopping) > 1:
            return  # it stops already
        engine_room.stop_all(reason)
        if not _waiting.is_set():
            raise reason

    for number in before:
        signal.signal(number, handler)
    _terminated.clear()
    _listening.set()
    try:
        yield
    finally:
        _listening.clear()
        for number, old in before.items():
            signal.signal(number, old)
        _given.clear()
