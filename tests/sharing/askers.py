"""Processes that ask beside each other, let go together."""

import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.sharing.asker import ask
from tests.standin.control import StandinControl

IN_FLIGHT = 16
MAKE = multiprocessing.get_context("forkserver")  # imports once; each process is its own
MAKE.set_forkserver_preload(["tests.sharing.asker", "tasks.clients.openai_client"])


class Asker:
    """A process that answers requests when it is told to."""

    def __init__(self, *words: Any, **changes: Any) -> None:
        self._link, theirs = MAKE.Pipe()
        self.process = MAKE.Process(target=ask, args=(theirs, *words, changes), daemon=True)
        self.process.start()
        theirs.close()
        assert self._link.recv() == "ready"

    def go(self) -> None:
        self._link.send("go")

    def said(self) -> dict[str, Any]:
        assert self._link.poll(240)
        found: dict[str, Any] = self._link.recv()
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.join(10)


@contextlib.contextmanager
def askers(
    runs: Sequence[Path], cache: str, standin: StandinControl, count: int, **changes: Any
) -> Iterator[list[Asker]]:
    """A process a run folder, let go together; those of one folder work on one run."""
    started: list[Asker] = []
    try:
        for number, run in enumerate(runs):
            own = {"count": count, "joins": run in runs[:number], "concurrency": IN_FLIGHT}
            started.append(Asker(run, cache, standin.openai_url, **{**own, **changes}))
        for each in started:
            each.go()
        yield started
    finally:
        for each in started:
            each.end()
