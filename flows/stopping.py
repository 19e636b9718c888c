"""Ctrl-C and SIGTERM: told to the engines, which give calls in flight their grace."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from data.errors import InterruptedRunError
from tasks import engine_room

_waiting = threading.Event()


@contextmanager
def waiting_for_shards() -> Iterator[None]:
    """While inside, a signal leaves the main thread alone: the shards end, and it hears of it."""
    _waiting.set()
    try:
        yield
    finally:
        _waiting.clear()


@contextmanager
def stops_on_signals() -> Iterator[None]:
    """While inside, the first signal stops the run cleanly and the second one at once.

    Raises:
        InterruptedRunError: a signal came while no shard was being waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handler(number: int, frame: FrameType | None) -> None:
        for again, old in before.items():
            signal.signal(again, old)
        name = signal.Signals(number).name
        reason = InterruptedRunError(f"stopped by {name}; `judgeflow resume` continues the run")
        engine_room.stop_all(reason)
        if not _waiting.is_set():
            raise reason

    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
