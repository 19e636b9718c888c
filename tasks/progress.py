"""Who is told how a run goes on: nobody, a progress bar, or a line now and then."""

from __future__ import annotations

import threading
from typing import Protocol

from tasks.jobs import Outcome


class Listener(Protocol):
    """Hears of requests to come and of every outcome; may be called from any thread."""

    def expect(self, requests: int) -> None:
        """So many requests more will have an outcome."""

    def hear(self, outcome: Outcome) -> None:
        """One of them has it."""


_lock = threading.Lock()
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell `listener` of everything in this process until `forget`."""
    with _lock:
        _listeners.append(listener)


def forget(listener: Listener) -> None:
    """No longer tell `listener`."""
    with _lock:
        _listeners.remove(listener)


def expect(requests: int) -> None:
    """Pass the number of requests to come on to whoever listens."""
    for listener in _listening():
        listener.expect(requests)


def heard(outcome: Outcome) -> None:
    """Pass an outcome on to whoever listens."""
    for listener in _listening():
        listener.hear(outcome)


def _listening() -> tuple[Listener, ...]:
    with _lock:
        return tuple(_listeners)
