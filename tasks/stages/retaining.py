"""What a nightly forgets: older runs of its own name, as configured; never one that is needed."""

from __future__ import annotations

import datetime as dt

from data.errors import HostError
from data.run_index import run_index
from data.run_pruning import prunable, remove, sweep
from tasks.stages.context import Context


def retain(here: Context) -> tuple[list[str], list[str]]:
    """Delete what `retention` lets go; the names of the runs deleted, and what could not be.

    Only neighbours of the same name are looked at. Pinned runs, last good ones and those that
    somebody works on stay, and so does this one.
    """
    rule = here.config.retention
    if rule.keep is None and rule.older_than_days is None:
        return [], []
    root = here.run.path.parent
    sweep(root)
    runs = run_index(root).runs
    now = dt.datetime.now(dt.UTC)
    chosen, _ = prunable(runs, rule.keep, rule.older_than_days, now)
    gone, stuck = [], []
    for run in chosen:
        if run.record.name != here.config.name or run.path == here.run.path:
            continue
        try:
            remove(run)
            gone.append(run.run_id)
        except HostError as error:
            stuck.append(str(error))
    return gone, stuck
