"""Why a run must stop early: one signal that every shard of this process watches."""

from __future__ import annotations

import threading
from collections.abc import Callable

from data.errors import JudgeflowError

GRACE_S = 2.0  # what calls in flight are given, so that all is over within 5 s


class Stop:
    """The first reason given wins; everybody is told once."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal may come in the middle
        self._listeners: list[Callable[[], None]] = []
        self.reason: JudgeflowError | None = None

    def set(self, reason: JudgeflowError) -> None:
        """Stop the run for a reason; later reasons are ignored."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            listeners = tuple(self._listeners)
        for tell in listeners:
            tell()

    def on_set(self, tell: Callable[[], None]) -> None:
        """Call `tell` when the run stops; at once if it already has."""
        with self._lock:
            self._listeners.append(tell)
            already = self.reason is not None
        if already:
            tell()

    def forget(self, tell: Callable[[], None]) -> None:
        """No longer call `tell`."""
        with self._lock:
            if tell in self._listeners:
                self._listeners.remove(tell)
