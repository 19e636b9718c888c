"""Ctrl-C, SIGTERM and other reasons to stop: engines give calls in flight their grace."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from data.errors import InterruptedRunError, JudgeflowError
from tasks import engine_room

OURS = signal.SIGUSR1  # wakes the main thread; a number of its own, so that it is nobody else's
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
        signal.pthread_kill(main, OURS)


@contextmanager
def stops_on_signals() -> Iterator[None]:
    """While inside, the first signal stops the run cleanly and the second one at once.

    Raises:
        JudgeflowError: there was a reason to stop while no shard was being waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = _Handlers()
    handlers.install()
    try:
        yield
    finally:
        handlers.remove()


class _Handlers:
    """What the main thread does at a signal while it works on a run."""

    def __init__(self) -> None:
        self._before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        self._stopping = False

    def install(self) -> None:
        """Hear signals, and reasons from other threads."""
        for number in self._before:
            signal.signal(number, self._from_outside)
        signal.signal(OURS, self._from_a_thread)
        _terminated.clear()
        _given.clear()
        _listening.set()

    def remove(self) -> None:
        """Leave signals to whoever heard them before."""
        _listening.clear()
        self._restore()
        signal.signal(OURS, signal.SIG_IGN)  # by default it would end a process that is done
        _given.clear()

    def _restore(self) -> None:
        for number, old in self._before.items():
            signal.signal(number, old)

    def _from_outside(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            _terminated.set()
        self._restore()  # the second one is heard as it was before
        name = signal.Signals(number).name
        self._stop(InterruptedRunError(f"stopped by {name}; `judgeflow resume` continues the run"))

    def _from_a_thread(self, number: int, frame: FrameType | None) -> None:
        if _given:
            self._stop(_given.pop(0))

    def _stop(self, reason: JudgeflowError) -> None:
        if self._stopping:
            return
        self._stopping = True
        engine_room.stop_all(reason)
        if not _waiting.is_set():
            raise reason
