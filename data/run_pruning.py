"""Which runs may be deleted, and deleting one: never a pinned, a last good, or a busy one."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from data.errors import HostError
from data.run_index import IndexedRun, last_good_of_all
from data.run_lock import RunLock

GONE = ".pruned"


def prunable(
    runs: Sequence[IndexedRun],
    keep: int | None,
    older_than_days: float | None,
    now: dt.datetime,
) -> tuple[list[IndexedRun], dict[str, str]]:
    """The runs that match all given conditions, and why some of those are kept all the same.

    `keep` counts the newest runs of each name, flow and limit.
    """
    newest: dict[tuple[str, str, int | None], list[IndexedRun]] = defaultdict(list)
    for run in sorted(runs, key=lambda each: each.order, reverse=True):
        kind = run.record.name, run.record.flow, run.record.limit
        newest[kind].append(run)
    recent = {run.path for of_kind in newest.values() for run in of_kind[: keep or 0]}
    matching = [run for run in runs if run.path not in recent and _older(run, older_than_days, now)]
    good = last_good_of_all(runs)
    kept = {run.run_id: why for run in matching if (why := _why_kept(run, good.get(run.path)))}
    return [run for run in matching if run.run_id not in kept], kept


def remove(run: IndexedRun) -> None:
    """Delete a run's folder, of which nothing is left that looks like a run at any moment.

    Raises:
        HostError: it is being worked on, or cannot be deleted.
    """
    gone = run.path.with_name(f".{run.path.name}.{uuid.uuid4().hex}{GONE}")
    try:
        with RunLock(run.path):
            run.path.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise HostError(f"run {str(run.path)!r} cannot be deleted: {error.strerror}") from error


def sweep(root: Path) -> None:
    """Delete what a killed `remove` has left behind."""
    for path in root.glob(f".*{GONE}"):
        shutil.rmtree(path, ignore_errors=True)


def _older(run: IndexedRun, days: float | None, now: dt.datetime) -> bool:
    """Whether a run started so long ago; one whose start cannot be read is young."""
    if days is None:
        return True
    try:
        started = dt.datetime.fromisoformat(run.record.started)
    except ValueError:
        return False
    if started.tzinfo is None:
        started = started.replace(tzinfo=dt.UTC)
    return now - started > dt.timedelta(days=days)


def _why_kept(run: IndexedRun, good_for: Sequence[str] | None) -> str | None:
    if run.pin is not None:
        return "it is pinned"
    if good_for:
        return f"it is the last good run of {', '.join(good_for)}"
    if run.path.is_symlink():
        return "it is a link to a folder elsewhere"
    if not run.record.complete and any((run.path / "batches").glob("*")):
        return "it is unfinished and has handed in batches"
    return None
