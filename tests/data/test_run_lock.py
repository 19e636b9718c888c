"""Who may write a run's folder: one process, whatever becomes of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from data import holders
from data.errors import HostError, LostRunError
from data.holders import holder_text, read_holder, this_process
from data.ledger import Ledger
from data.run_folder import RunFolder
from data.run_lock import Pace, RunLock, holder_lives, require_held

QUICK = Pace(heartbeat_s=0.1, lease_s=0.3, watched_s=0.3, dead_after_s=0.6)
ELSEWHERE = replace(this_process(), host="elsewhere", machine="another kernel")
WRITER = """
import sys, time
from pathlib import Path
from data.run_folder import RunFolder
from data.run_lock import Pace, RunLock
run = RunFolder(Path(sys.argv[1]))
with RunLock(run.path, pace=Pace(0.1, 0.3, 0.3, 0.6)):
    print("held", flush=True)
    for number in range(10_000):
        run.write_text("written.txt", str(number))
        time.sleep(0.05)
"""


@contextmanager
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a run and writes into it twenty times a second."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def wait_until_paused(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.01)


def beside(folder: Path) -> Path:
    """The same folder as a machine sees it that the file lock does not reach."""
    (folder / ".lock").unlink()
    return folder


def test_a_live_holder_refuses_the_second_writer(tmp_path: Path) -> None:
    with RunLock(tmp_path), pytest.raises(HostError, match=f"process {os.getpid()}"):
        with_second = RunLock(tmp_path)
        with_second.__enter__()
    with RunLock(tmp_path):
        pass


def test_a_look_at_the_lock_refuses_nobody(tmp_path: Path) -> None:
    looking = FileLock(tmp_path / ".lock", thread_local=False)
    looking.acquire()
    later = threading.Timer(0.2, looking.release)
    later.start()
    with RunLock(tmp_path):
        pass
    later.join()


def test_a_killed_holder_is_taken_over_at_once(tmp_path: Path) -> None:
    with writer(tmp_path) as holder:
        with pytest.raises(HostError, match=f"process {holder.pid}"), RunLock(tmp_path):
            pass
        holder.kill()
        holder.wait()
        started = time.monotonic()
        with RunLock(tmp_path):
            assert time.monotonic() - started < 5


def test_a_paused_holder_on_this_machine_is_never_taken_over(tmp_path: Path) -> None:
    with writer(tmp_path) as holder:
        holder.send_signal(signal.SIGSTOP)
        wait_until_paused(holder.pid)
        with (
            pytest.raises(HostError, match=f"paused: `kill -CONT {holder.pid}` lets it go on"),
            RunLock(tmp_path, patience_s=2.0, pace=QUICK),
        ):
            pass
        holder.kill()
        holder.wait()
        with RunLock(tmp_path, pace=QUICK):
            pass


def test_a_patient_second_writer_has_the_run_once_the_first_lets_go(tmp_path: Path) -> None:
    first = RunLock(tmp_path)
    first.__enter__()
    later = threading.Timer(0.5, first.__exit__, (None, None, None))
    later.start()
    with RunLock(tmp_path, patience_s=20) as second:
        assert read_holder(tmp_path / ".holder.json") == second.holder != first.holder
    later.join()


def test_a_holder_on_another_machine_is_dead_when_it_was_silent_and_was_watched(
    tmp_path: Path,
) -> None:
    record = tmp_path / ".holder.json"
    record.write_text(holder_text(ELSEWHERE))
    said = "on 'elsewhere', last heard of [01] s ago"
    with pytest.raises(HostError, match=said), RunLock(tmp_path):
        pass
    old = time.time() - 100
    os.utime(record, (old, old))
    started = time.monotonic()
    with RunLock(tmp_path, pace=QUICK):
        assert time.monotonic() - started >= QUICK.watched_s


def test_a_holder_from_before_this_machine_was_started_anew_is_dead_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.time() - 5
    monkeypatch.setattr(holders, "kernel_started", lambda: started)
    monkeypatch.setattr(holders, "this_installation", lambda: "an id")
    before = replace(this_process(), machine="the kernel before", installation="an id")
    record = tmp_path / ".holder.json"
    for holder, heard, lives in (
        (before, started - 1, False),
        (before, started + 1, True),  # a clone of this machine, perhaps
        (replace(before, installation="another id"), started - 1, True),
        (replace(before, host="elsewhere"), started - 1, True),
        (replace(before, installation=None), started - 1, True),
    ):
        record.write_text(holder_text(holder))
        os.utime(record, (heard, heard))
        assert holder_lives(tmp_path) == lives
    record.write_text(holder_text(before))
    os.utime(record, (started - 1, started - 1))
    with RunLock(tmp_path):
        assert time.time() - started < 5 + 2


def test_a_holder_whose_clock_is_behind_lives_while_its_heart_beats(tmp_path: Path) -> None:
    record, over = tmp_path / ".holder.json", threading.Event()
    record.write_text(holder_text(ELSEWHERE))

    def beat() -> None:
        at = 1_000_000.0
        while not over.wait(0.05):
            os.utime(record, (at := at + 1, at))

    patient = replace(QUICK, watched_s=2.0)  # a busy machine skips a beat
    heart = threading.Thread(target=beat)
    os.utime(record, (1_000_000, 1_000_000))
    heart.start()
    with pytest.raises(HostError, match="being worked on"), RunLock(tmp_path, pace=patient):
        pass
    over.set()
    heart.join()


def test_a_paused_holder_that_was_taken_over_elsewhere_writes_nothing_when_it_goes_on(
    tmp_path: Path,
) -> None:
    with writer(tmp_path) as holder:
        time.sleep(0.3)
        holder.send_signal(signal.SIGSTOP)
        wait_until_paused(holder.pid)
        written = (tmp_path / "written.txt").read_text()
        with RunLock(beside(tmp_path), ELSEWHERE, patience_s=10, pace=QUICK):
            assert RunFolder(tmp_path).text("written.txt") == written
            holder.send_signal(signal.SIGCONT)
            assert holder.wait(10) == 1
            assert (tmp_path / "written.txt").read_text() == written
            assert holder.stderr is not None
            assert "LostRunError: run" in holder.stderr.read()
            require_held(tmp_path)  # ours stays ours: the other removed nothing at its end
            time.sleep(3 * QUICK.heartbeat_s)
            require_held(tmp_path)


def test_whoever_was_taken_over_hears_of_it_and_neither_writes_nor_calls(tmp_path: Path) -> None:
    heard: list[LostRunError] = []
    run = RunFolder(tmp_path)
    with RunLock(tmp_path, lost=heard.append, pace=QUICK):
        run.write_text("mine", "before")
        ledger = Ledger(tmp_path / "ledger")
        other = replace(ELSEWHERE, nonce="other")
        (tmp_path / "theirs").write_text(holder_text(other))
        (tmp_path / "theirs").replace(tmp_path / ".holder.json")
        with pytest.raises(LostRunError, match=r"taken over by process .* on 'elsewhere'"):
            run.write_text("mine", "after")
        with pytest.raises(LostRunError):
            ledger.sent("key", "judge", 1, None)
        ledger.paid("key", "judge", None, (1, 1))  # what came back is still written down
        ledger.close()
        time.sleep(3 * QUICK.heartbeat_s)
    assert run.text("mine") == "before"
    assert len(heard) == 1
    assert (tmp_path / ".holder.json").exists()


def test_a_holder_that_slept_looks_anew_before_it_writes(tmp_path: Path) -> None:
    with RunLock(tmp_path, pace=replace(QUICK, heartbeat_s=60)):
        time.sleep(1.2 * QUICK.lease_s)
        (tmp_path / ".holder.json").write_text(holder_text(ELSEWHERE))  # same file, other holder
        with pytest.raises(LostRunError, match="taken over"):
            require_held(tmp_path)


def test_a_folder_that_was_moved_away_stops_its_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with RunLock(folder, pace=QUICK):
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(LostRunError, match="moved or emptied"):
            require_held(folder)
