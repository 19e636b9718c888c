"""The tables of `docs/drift.md`; `python -m tests.drift_table` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

from tasks.drift.limits import limit
from tests.proof.drift_streams import (
    CARRIED,
    DAYS,
    NIGHTS,
    PLAIN,
    SHIFTS,
    WORLDS,
    delay,
    false_alarms,
)
from tests.proof.test_drift import PROMISE, SETS

PAGE = Path(__file__).parents[1] / "docs" / "drift.md"
RUNS = (20, 60)


def marked(name: str) -> tuple[str, str]:
    """The marks that a table stands between."""
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def limits() -> str:
    """The limit by number of charts and nights of the baseline."""
    rows = [["charts", *(f"K = {runs}" for runs in RUNS)]]
    for charts in (1, 3, 5, 12, 30, 60):
        rows.append([str(charts), *(f"{limit(charts, PROMISE, NIGHTS, r):.1f}" for r in RUNS)])
    return markdown(rows)


def alarms() -> str:
    """The share of sets of charts that signal falsely in 180 nights, by world."""
    rows = [["world", *(f"K = {runs}, {counted(charts)}" for runs in RUNS for charts in SETS)]]
    for world in (*WORLDS, CARRIED):
        cells = [world.name]
        for runs in RUNS:
            for charts, sets in SETS.items():
                found = false_alarms(
                    world, runs, charts, sets, limit(charts, PROMISE, NIGHTS, runs)
                )
                cells.append(f"{found / sets:.3f}")
        rows.append(cells)
    return markdown(rows)


def delays() -> str:
    """Median nights until a shift is signalled, by world, baseline and number of charts."""
    head = [f"{counted(n)}, .{round(100 * shift):02d}" for n in SETS for shift in SHIFTS]
    rows = [["world", "K", *head]]
    for world in (PLAIN, DAYS):
        for runs in RUNS:
            cells = [world.name, str(runs)]
            for charts in SETS:
                bound = limit(charts, PROMISE, NIGHTS, runs)
                cells += [f"{delay(world, runs, shift, bound):g}" for shift in SHIFTS]
            rows.append(cells)
    return markdown(rows)


def counted(charts: int) -> str:
    """A number of charts in words."""
    return "1 chart" if charts == 1 else f"{charts} charts"


def markdown(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def main() -> None:
    """Write the tables into the page."""
    made = {"limits": limits(), "alarms": alarms(), "delays": delays()}
    text = PAGE.read_text(encoding="utf-8")
    for name, table in made.items():
        begin, end = marked(name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
