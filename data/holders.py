"""Who holds a run folder: the record a holder leaves there, and how its process is doing."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

BOOT = Path("/proc/sys/kernel/random/boot_id")
INSTALLATION = Path("/etc/machine-id")


@dataclass(frozen=True)
class Holder:
    """A process that works on a run: where it is, which it is, and for which attempt.

    `machine` names a running kernel, not a host: two of the same name differ, and so does one
    before and after it was started anew. `started` tells the process from a later one with its
    number. `flow_run` and `attempt` are Prefect's, where the run has any. `installation` is the
    system's own, which stays when the machine is started anew.
    """

    host: str
    machine: str
    pid: int
    started: int | None
    nonce: str
    flow_run: str | None = None
    attempt: int = 1
    installation: str | None = None

    @property
    def here(self) -> bool:
        """Whether it is a process of this kernel, for which the file lock speaks."""
        return self.machine == this_machine()

    def went_down(self, record: Path) -> bool:
        """Whether its machine is this one, and has been started anew since its last heartbeat.

        `record` is the file whose time the heartbeat sets.
        """
        known = self.installation is not None
        same = (self.host, self.installation) == (os.uname().nodename, this_installation())
        try:
            return not self.here and known and same and record.stat().st_mtime < kernel_started()
        except OSError:
            return False

    def told(self) -> str:
        """The holder and how it is, for a person."""
        doing = _doing(self.pid, self.started) if self.here else ""
        return f"process {self.pid} on {self.host!r}{doing}"


@cache
def this_machine() -> str:
    """The id of the running kernel, else the host's name."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return os.uname().nodename


@cache
def this_installation() -> str | None:
    """The id of the installed system, where it has one."""
    try:
        return INSTALLATION.read_text().strip() or None
    except OSError:
        return None


def kernel_started() -> float:
    """When this kernel started, by the clock as it is now."""
    return time.time() - time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def this_process(flow_run: str | None = None, attempt: int = 1) -> Holder:
    """This process as a holder, under a nonce of its own."""
    pid = os.getpid()
    about = this_machine(), pid, process_started(pid), secrets.token_hex(8)
    return Holder(os.uname().nodename, *about, flow_run, attempt, this_installation())


def holder_text(holder: Holder) -> str:
    """A holder as the folder keeps it."""
    return json.dumps(asdict(holder))


def read_holder(path: Path) -> Holder | None:
    """The holder recorded in a file, `None` where there is none."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        return Holder(**found)
    except (OSError, ValueError, TypeError):
        return None


def process_started(pid: int) -> int | None:
    """When a process of this kernel started, in its ticks; `None` where it is gone."""
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def _doing(pid: int, started: int | None) -> str:
    fields = _stat(pid)
    if not fields or (started is not None and int(fields[19]) != started):
        return " (it has ended, and a process it started lives on)"
    if fields[0] in "Tt":
        return f" (paused: `kill -CONT {pid}` lets it go on, `kill -9 {pid}` ends it)"
    return ""


def _stat(pid: int) -> list[str]:
    """The fields of `/proc/PID/stat` from the state on; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
