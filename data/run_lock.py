"""One writer per run folder: a live holder refuses the second, a dead one is taken over."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from data.errors import HostError

HEARTBEAT_S = 5.0
DEAD_AFTER_S = 60.0


class RunLock:
    """Held while a process works on a run.

    On one machine the operating system's file lock decides: it vanishes with its process, also
    after SIGKILL. Across machines that share the folder the heartbeat decides: a holder on
    another host that has been silent for a minute is dead.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / ".lock")
        self._holder = folder / ".holder.json"
        self._done = threading.Event()
        self._beat = threading.Thread(target=self._beating, daemon=True, name="run-lock")

    def __enter__(self) -> RunLock:
        """Take the lock.

        Raises:
            HostError: another process is working on the run.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise self._held() from None
        except OSError as error:
            raise HostError(
                f"run folder {str(self._folder)!r} cannot be locked: {error.strerror}"
            ) from error
        other = self._read()
        fresh = time.time() - float(other.get("beat", 0)) < DEAD_AFTER_S
        if other.get("host", os.uname().nodename) != os.uname().nodename and fresh:
            self._lock.release()
            raise self._held()
        self._write()
        self._beat.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the run."""
        self._done.set()
        self._beat.join()
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _beating(self) -> None:
        while not self._done.wait(HEARTBEAT_S):
            self._write()

    def _write(self) -> None:
        holder = {"host": os.uname().nodename, "pid": os.getpid(), "beat": time.time()}
        partial = self._holder.with_suffix(".partial")
        try:
            partial.write_text(json.dumps(holder))
            partial.replace(self._holder)
        except OSError:
            return  # a full disk stops the run elsewhere, with a better message

    def _read(self) -> dict[str, Any]:
        try:
            holder = json.loads(self._holder.read_text())
        except (OSError, ValueError):
            return {}
        return holder if isinstance(holder, dict) else {}

    def _held(self) -> HostError:
        other = self._read()
        return HostError(
            f"run {self._folder.name!r} is being worked on by process {other.get('pid', '?')} "
            f"on {other.get('host', '?')!r}; wait for it or end it"
        )
