"""Which run a judge is compared with: its last good one, or the one that is configured."""

from __future__ import annotations

from pathlib import Path

from data.errors import ConfigError, DataError
from data.run_index import IndexedRun, find_run, last_good, lines, run_index

LAST_GOOD, NONE = "last-good", "none"


def baselines(me: IndexedRun, against: str) -> dict[Path, list[str]]:
    """The judges of a run by the run that each is compared with; those without one are left out.

    Raises:
        DataError: the run that `against` names is not there.
    """
    of_judges = lines(me.record)
    if against != LAST_GOOD:
        return {find_run(against, me.path.parent).path: list(of_judges)}
    runs = run_index(me.path.parent).runs
    found: dict[Path, list[str]] = {}
    for judge, line in of_judges.items():
        run = last_good(runs, line, before=me)
        if run is not None:
            found.setdefault(run.path, []).append(judge)
    return found


def require_baseline(against: str, runs: Path) -> None:
    """Refuse a baseline that does not exist before anything is spent.

    Raises:
        ConfigError: naming it.
    """
    if against in (LAST_GOOD, NONE):
        return
    try:
        find_run(against, runs)
    except DataError as error:
        raise ConfigError(f"gate.against: {error}") from None
