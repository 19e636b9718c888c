"""Who is told of each answer as it comes: nobody, a progress bar, or a line now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tasks.engine import Outcome

_lock = threading.Lock()
_listeners: list[Callable[[Outcome], None]] = []


def listen(listener: Callable[[Outcome], None]) -> Callable[[], None]:
    """Tell `listener` of every outcome of this process; returns how to stop that."""
    with _lock:
        _listeners.append(listener)

    def forget() -> None:
        with _lock:
            _listeners.remove(listener)

    return forget


def heard(outcome: Outcome) -> None:
    """Pass an outcome on to whoever listens."""
    with _lock:
        listeners = tuple(_listeners)
    for listener in listeners:
        listener(outcome)
