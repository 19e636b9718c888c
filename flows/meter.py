"""How a run's progress is shown: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows.terminal import say

LINE_EVERY_S = 10.0


@contextmanager
def progress() -> Iterator[None]:
    """Show answers as they come, on stderr."""
    from tasks.progress import forget, listen

    meter: Lines | Bar = Bar() if sys.stderr.isatty() else Lines()
    listen(meter)
    try:
        yield
    finally:
        forget(meter)
        meter.close()


class Counts:
    """How many requests there are and what became of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.expected = self.answered = self.cached = self.missing = 0

    @property
    def done(self) -> int:
        """Requests with an outcome."""
        return self.answered + self.cached + self.missing

    def expect(self, requests: int) -> None:
        """So many more are to come."""
        with self._lock:
            self.expected += requests

    def hear(self, outcome: Any) -> None:
        """Count an outcome."""
        with self._lock:
            if outcome.answer is None:
                self.missing += 1
            elif outcome.cached:
                self.cached += 1
            else:
                self.answered += 1

    def __str__(self) -> str:
        missing = f", {self.missing} without an answer" if self.missing else ""
        return f"{self.answered} answered, {self.cached} from the cache{missing}"


class Lines:
    """A line whenever ten seconds have passed since the last one."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._told = time.monotonic()

    def expect(self, requests: int) -> None:
        """So many more are to come."""
        self._counts.expect(requests)
        self._told = time.monotonic()

    def hear(self, outcome: Any) -> None:
        """Count an outcome; tell now and then."""
        self._counts.hear(outcome)
        now = time.monotonic()
        if now - self._told > LINE_EVERY_S:
            self._told = now
            say(f"{self._counts.done} of {self._counts.expected} requests: {self._counts}")

    def close(self) -> None:
        """Nothing is left on the screen."""


class Bar:
    """A bar with the time that is left; it leaves no trace."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        self._counts = Counts()
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), Remaining())
        self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
        self._shown.start()
        self._task = self._shown.add_task("preparing", total=None)

    def expect(self, requests: int) -> None:
        """So many more are to come."""
        self._counts.expect(requests)
        self._shown.update(self._task, total=self._counts.expected)

    def hear(self, outcome: Any) -> None:
        """Count an outcome and move the bar."""
        self._counts.hear(outcome)
        self._shown.update(self._task, completed=self._counts.done, description=str(self._counts))

    def close(self) -> None:
        """Take the bar off the screen."""
        self._shown.stop()
