"""One writer per run folder: a live holder refuses the second, a dead one is taken over."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from data.errors import HostError, LostRunError
from data.holders import Holder, holder_text, read_holder, this_process

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps

GLANCE_S = 0.5


@dataclass(frozen=True)
class Pace:
    """How often a holder shows that it lives, and what silence means, in seconds.

    A holder on another machine is dead once it has been silent for `dead_after_s`, of which
    `watched_s` were watched, so that two clocks that differ bury nobody. A holder that has not
    looked for `lease_s` looks again before it writes or calls; taking over takes thrice as long.
    """

    heartbeat_s: float = 5.0
    lease_s: float = 20.0
    watched_s: float = 15.0
    dead_after_s: float = 60.0


_held: dict[Path, RunLock] = {}


def holder_lives(folder: Path, pace: Pace = Pace()) -> bool:
    """Whether somebody works on the run, as far as one look tells."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return True  # a folder that cannot be locked is nobody's to judge
    try:
        other = read_holder(folder / ".holder.json")
        if other is None or other.here or other.went_down(folder / ".holder.json"):
            return False
        silent_s = time.time() - (folder / ".holder.json").stat().st_mtime
        return silent_s < pace.dead_after_s
    finally:
        lock.release()


def require_held(path: Path) -> None:
    """Nothing where this process still holds the run that a path is in, or works on none there.

    Called before every request that is sent, and before every file that is put in its place.

    Raises:
        LostRunError: another process has taken the run over.
    """
    for folder, lock in tuple(_held.items()):
        if folder == path or folder in path.parents:
            lock.require()


class RunLock:
    """Held while a process works on a run.

    On one machine the operating system's file lock decides: it goes with its process, also after
    SIGKILL, and stays with one that is only paused. Across machines that share the folder the
    heartbeat decides, and whoever was taken over finds another holder's file in its place.

    Args:
        folder: the run's folder.
        holder: this process, and the attempt of a flow run that it is.
        patience_s: how long a live holder is waited for; half a second at least, because
            `holder_lives` takes the lock for a moment.
        lost: hears, in another thread, that the run was taken over.
        pace: how often, and how long.
    """

    def __init__(
        self,
        folder: Path,
        holder: Holder | None = None,
        patience_s: float = 0.0,
        lost: Callable[[LostRunError], None] = lambda _: None,
        pace: Pace = Pace(),
    ) -> None:
        self.holder = holder or this_process()
        self._folder, self._path = folder, folder / ".holder.json"
        self._lock = FileLock(folder / ".lock", thread_local=False)
        self._patience_s, self._lost, self._pace = patience_s, lost, pace
        self._done = threading.Event()
        self._beat = threading.Thread(target=self._beating, daemon=True, name="run-lock")
        self._file = -1  # open on our own record: its inode cannot be another's
        self._looked = 0.0
        self._gone: LostRunError | None = None

    def __enter__(self) -> RunLock:
        """Take the lock.

        Raises:
            HostError: another process is working on the run.
        """
        gives_up = time.monotonic() + max(self._patience_s, GLANCE_S)
        silence = _Silence(self._pace)
        while not self._taken(silence):
            if time.monotonic() >= gives_up and not silence.may_be_dead:
                raise self._refused(silence)
            time.sleep(min(0.1, self._pace.heartbeat_s))
        _held[self._folder] = self
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
        if self._is_ours():
            self._path.unlink(missing_ok=True)
        _held.pop(self._folder, None)
        os.close(self._file)
        self._file = -1
        self._lock.release()

    def require(self) -> None:
        """Nothing while the run is still ours; costs two looks at the file system.

        Raises:
            LostRunError: another process has taken the run over.
        """
        late = time.clock_gettime(CLOCK) - self._looked > self._pace.lease_s
        if self._gone is None and not (self._confirmed() if late else self._is_ours()):
            other = read_holder(self._path)
            who = other.told() if other else "nobody: its folder was moved or emptied"
            self._gone = LostRunError(
                f"run {self._folder.name!r} was taken over by {who}; this process has stopped"
            )
        if self._gone is not None:
            raise self._gone

    def _taken(self, silence: _Silence) -> bool:
        """Take the lock if it is free, or if who has it is dead."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            silence.flocked()
            return False
        except OSError as error:
            raise HostError(
                f"run folder {str(self._folder)!r} cannot be locked: {error.strerror}"
            ) from error
        other = read_holder(self._path)
        elsewhere = other is not None and other.machine != self.holder.machine
        if other is not None and other.went_down(self._path):
            elsewhere = False
        if elsewhere and not silence.dead(self._path):
            self._lock.release()
            return False
        try:
            self._seize()
        except OSError as error:
            self._lock.release()
            raise HostError(
                f"run folder {str(self._folder)!r} cannot be written: {error.strerror}"
            ) from error
        if elsewhere:  # of two machines that saw it dead, the later one has it
            time.sleep(self._pace.heartbeat_s / 5)
            if not self._confirmed():
                os.close(self._file)
                self._lock.release()
                return False
        return True

    def _seize(self) -> None:
        partial = self._path.with_name(f"{self._path.name}.{self.holder.nonce}.partial")
        partial.write_text(holder_text(self.holder), encoding="utf-8")
        self._file = os.open(partial, os.O_RDONLY)
        partial.replace(self._path)
        self._looked = time.clock_gettime(CLOCK)

    def _beating(self) -> None:
        while not self._done.wait(self._pace.heartbeat_s):
            try:
                self._looked = float("-inf")
                self.require()
                os.utime(self._file)
            except LostRunError as error:
                self._lost(error)
                return
            except OSError:
                continue  # a disk that cannot be written stops the run with a better message

    def _is_ours(self) -> bool:
        """Whether the record in the folder is the file that we wrote."""
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def _confirmed(self) -> bool:
        """The same, read anew, past what a network's file system remembers."""
        now = time.clock_gettime(CLOCK)
        found = read_holder(self._path)
        if found is None:  # it cannot be read now, and is looked at again
            return self._is_ours()
        ours = found.nonce == self.holder.nonce and self._is_ours()
        if ours:
            self._looked = now
        return ours

    def _refused(self, silence: _Silence) -> HostError:
        other = read_holder(self._path)
        who = other.told() if other else "another process"
        quiet = "" if silence.file_locked else f", last heard of {max(silence.age_s, 0):.0f} s ago"
        return HostError(
            f"run {self._folder.name!r} is being worked on by {who}{quiet}; wait for it or end it"
        )


class _Silence:
    """How long a holder on another machine has been silent, by its clock and by ours."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._mark = -1
        self._since = time.monotonic()
        self.age_s = 0.0
        self.file_locked = self._beats = False

    @property
    def may_be_dead(self) -> bool:
        """Whether it is worth watching on, though nobody wanted to wait."""
        silent = self.age_s >= self._pace.dead_after_s
        return silent and not (self.file_locked or self._beats)

    def flocked(self) -> None:
        """Note that the file lock is held: its holder lives."""
        self.file_locked = True

    def dead(self, path: Path) -> bool:
        """Whether the holder has been silent for long enough; looked at again and again."""
        self.file_locked = False
        try:
            mark = path.stat().st_mtime_ns
        except OSError:
            return True
        now = time.monotonic()
        if mark != self._mark:
            self._beats = self._mark != -1
            self._mark, self._since = mark, now
        watched = now - self._since
        self.age_s = max(time.time() - mark / 1e9, watched)
        return self.age_s >= self._pace.dead_after_s and watched >= self._pace.watched_s
