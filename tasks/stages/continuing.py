"""What a run knows of its attempts: who worked on it with which code, and what has changed."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

from data.run_folder import RunFolder
from tasks.fingerprints import commit, versions


def attempts_with(run: RunFolder, **facts: Any) -> list[dict[str, Any]]:
    """The run's attempts and this one: when it began, with which code, and what else is given."""
    before: list[dict[str, Any]] = run.facts().get("attempts", [])
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return [*before, {"started": started, "commit": commit(), "versions": versions(), **facts}]


def changed_since(facts: Mapping[str, Any]) -> list[str]:
    """What a reader must know of a run that was continued by other code or past a changed file."""
    attempts: list[dict[str, Any]] = facts.get("attempts", [])
    found = [
        f"attempt {number} of this run was made with {_code(one)}, the one before it with "
        f"{_code(before)}: answers are kept, verdicts and estimates are all of the later code"
        for number, (before, one) in enumerate(itertools.pairwise(attempts), 2)
        if _code(before) != _code(one)
    ]
    if any(one.get("config_differs") for one in attempts):
        found.append(
            "the configuration file was changed after the run began; the run keeps the one it has "
            "in its folder, a new run takes the new one"
        )
    return found


def _code(attempt: Mapping[str, Any]) -> str:
    versions: Mapping[str, str] = attempt.get("versions", {})
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{told}, commit {str(attempt.get('commit'))[:12]}"
