"""The runs in a folder: found, read, pinned, and which of them the next one is compared with.

Everything is read from the run folders themselves, so a folder that is moved or copied takes its
place in the history with it. A run's neighbours are those in the same folder.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import DataError
from data.run_folder import RunFolder
from data.run_record import REGRESSION, RunRecord, run_record

PIN = "pinned.json"


@dataclass(frozen=True)
class Pin:
    """That a person keeps a run: when and why."""

    pinned: str
    why: str | None = None


@dataclass(frozen=True)
class IndexedRun:
    """A run folder with its record, and its pin if it has one."""

    path: Path
    record: RunRecord
    pin: Pin | None

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def order(self) -> tuple[str, str]:
        """Older runs sort first."""
        return self.record.started, self.run_id


@dataclass(frozen=True)
class Foreign:
    """A folder among the runs that is none, or none that can be read."""

    path: Path
    why: str


@dataclass(frozen=True)
class RunIndex:
    """The runs of a folder, oldest first, and what else lies there."""

    root: Path
    runs: tuple[IndexedRun, ...]
    foreign: tuple[Foreign, ...]

    def named(self, run: str) -> IndexedRun:
        """The run of that name, or the only one whose name ends or begins so.

        Raises:
            DataError: there is none, or more than one.
        """
        exact = [each for each in self.runs if each.run_id == run]
        like = [each for each in self.runs if each.run_id.startswith(run) and run]
        like = like or [each for each in self.runs if each.run_id.endswith(run) and run]
        found = exact or like
        if len(found) == 1:
            return found[0]
        if found:
            names = [each.run_id for each in found[:5]]
            raise DataError(f"run {run!r} could be any of {names!r}; give more of its name")
        odd = {each.path.name: each.why for each in self.foreign}
        if run in odd:
            raise DataError(f"{run!r} in {str(self.root)!r} is no run: {odd[run]}")
        latest = [each.run_id for each in self.runs[-3:]]
        raise DataError(f"there is no run {run!r} in {str(self.root)!r}; the latest: {latest!r}")


def run_index(root: Path) -> RunIndex:
    """The run folders directly in `root`; hidden folders are passed over.

    Raises:
        DataError: `root` cannot be listed.
    """
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError as error:
        raise DataError(
            f"there are no runs in {str(root)!r}: {error.strerror}; name their folder with --runs"
        ) from None
    found = [indexed(path) for path in folders if not path.name.startswith(".")]
    runs = sorted((each for each in found if isinstance(each, IndexedRun)), key=lambda r: r.order)
    return RunIndex(root, tuple(runs), tuple(each for each in found if isinstance(each, Foreign)))


def find_run(run: str, root: Path) -> IndexedRun:
    """The run in the folder `run`, or of that name (or enough of it) in `root`.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    path = Path(run)
    if (path / "run.json").exists():
        found = indexed(path)
        if isinstance(found, Foreign):
            raise DataError(f"{run!r} is no run that can be read: {found.why}")
        return found
    return run_index(root).named(run)


def indexed(path: Path) -> IndexedRun | Foreign:
    """The run in a folder, or why there is none."""
    path = path.absolute()
    try:
        facts = RunFolder(path).facts()
    except DataError as error:
        missing = not (path / "run.json").exists()
        return Foreign(path, "it has no run.json" if missing else str(error))
    record = run_record(facts)
    if isinstance(record, str):
        return Foreign(path, record)
    return IndexedRun(path, record, _pin_of(path))


def pin(run: IndexedRun, why: str | None = None) -> IndexedRun:
    """The run with a pin of today, stored in its folder; a second pin keeps the first's date."""
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    made = Pin(run.pin.pinned, why or run.pin.why) if run.pin else Pin(when, why)
    text = json.dumps({"pinned": made.pinned, "why": made.why})
    RunFolder(run.path).write_text(PIN, text)
    return IndexedRun(run.path, run.record, made)


def unpin(run: IndexedRun) -> IndexedRun:
    """The run without a pin."""
    (run.path / PIN).unlink(missing_ok=True)
    return IndexedRun(run.path, run.record, None)


def _pin_of(path: Path) -> Pin | None:
    """The pin in a folder; a damaged one still holds, because losing it could lose the run."""
    try:
        loaded: Any = json.loads((path / PIN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        loaded = None
    known = loaded if isinstance(loaded, dict) else {}
    why = known.get("why")
    return Pin(str(known.get("pinned", "unknown")), None if why is None else str(why))


# --- the last good run ------------------------------------------------------------------------


class Line(NamedTuple):
    """What two runs must share for one to be the other's baseline.

    The flow, the dataset (name, scale, how much of it), one judge, and the primary measure of each
    mode.
    """

    flow: str
    dataset: str
    scale: tuple[int, int]
    limit: int | None
    judge: str
    measures: frozenset[tuple[str, str]]


def lines(record: RunRecord) -> dict[str, Line]:
    """A run's line for each of its judges; none where nothing was measured against labels."""
    data = record.dataset
    if data is None or not record.primary:
        return {}
    scale, measures = (data.scale.low, data.scale.high), frozenset(record.primary.items())
    return {
        judge.name: Line(record.flow, data.name, scale, data.limit, judge.name, measures)
        for judge in record.judges
        if judge.role == "judge" and not judge.baseline
    }


def why_no_baseline(run: IndexedRun, judge: str) -> str | None:
    """Why a run is not good enough to be a judge's last good one; `None` where it is.

    Good is what is complete, passed its checkpoints and its gate without a change of ours, or is
    complete and pinned by a person.
    """
    record = run.record
    if not record.complete:
        return f"it is not complete: {record.status}"
    if run.pin is not None:
        return None
    if record.status == REGRESSION:
        return "it ended as a regression"
    if record.checkpoints_failed:
        return f"checkpoint {record.checkpoints_failed[0]!r} was overridden"
    if record.gate is None:
        return "it passed no gate"
    if judge not in record.gate.baseline_for:
        ours = "passed with a change of ours, which a pin accepts"
        return f"its gate: {ours if record.gate.status == 'passed' else record.gate.status}"
    return None


def last_good(
    runs: Iterable[IndexedRun], line: Line, before: IndexedRun | None = None
) -> IndexedRun | None:
    """The newest good run on a line, of those older than `before` where that is given."""
    good = [
        run
        for run in runs
        if lines(run.record).get(line.judge) == line
        and (before is None or (run.order < before.order and run.path != before.path))
        and why_no_baseline(run, line.judge) is None
    ]
    return max(good, key=lambda run: run.order, default=None)


def last_good_of_all(runs: Sequence[IndexedRun]) -> dict[Path, list[str]]:
    """The runs that are the last good ones of a line today, with the judges they are that for."""
    newest: dict[Line, IndexedRun] = {}
    for run in sorted(runs, key=lambda each: each.order):
        of_judge = lines(run.record).values()
        newest |= {line: run for line in of_judge if why_no_baseline(run, line.judge) is None}
    found: dict[Path, list[str]] = {}
    for line, run in newest.items():
        found.setdefault(run.path, []).append(line.judge)
    return {path: sorted(set(judges)) for path, judges in found.items()}
