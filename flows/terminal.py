"""What a person or a script sees: results on stdout, messages on stderr, one line per error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLI_PROMPT": "false",
    "GX_ANALYTICS_ENABLED": "false",
}
LINE_EVERY_S = 10.0


def quieten() -> None:
    """Keep Prefect's and the server's own lines off the terminal; before their first import."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def say(message: str) -> None:
    """A line for a person, on stderr."""
    print(message, file=sys.stderr, flush=True)


def show(result: Any, as_json: bool, text: Callable[[Any], str]) -> None:
    """A command's result on stdout: as JSON for machines, else as text."""
    print(json.dumps(result, indent=1, ensure_ascii=False) if as_json else text(result))


def table(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """Rows as aligned text columns; numbers to the right."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(c) for c in column) for column in zip(columns, *cells, strict=True)]
    numeric = [
        all(isinstance(row.get(name), int | float | None) for row in rows) for name in columns
    ]
    lines = []
    for line in [columns, ["-" * width for width in widths], *cells]:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@contextmanager
def progress(json_output: bool) -> Iterator[None]:
    """Shows answers as they come: a bar on a terminal, a line now and then elsewhere."""
    from tasks.progress import listen

    counts = {"answered": 0, "cached": 0, "missing": 0}
    told = float("inf")

    def count(outcome: Any) -> None:
        nonlocal told
        kind = "missing" if outcome.answer is None else "cached" if outcome.cached else "answered"
        counts[kind] += 1
        told = min(told, time.monotonic())
        if not bar and time.monotonic() - told > LINE_EVERY_S:
            told = float("inf")
            say(_line(counts))

    bar: list[Any] = []
    forget = listen(count)
    try:
        if sys.stderr.isatty() and not json_output:
            yield from _bar(counts, bar)
        else:
            yield
    finally:
        forget()


def _bar(counts: dict[str, int], bar: list[Any]) -> Iterator[None]:
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    spinner = Spinner("dots", text="starting")
    bar.append(spinner)

    def rendered() -> Spinner:
        spinner.update(text=_line(counts) if any(counts.values()) else "starting")
        return spinner

    with Live(
        console=Console(stderr=True), get_renderable=rendered, refresh_per_second=8, transient=True
    ):
        yield


def _line(counts: dict[str, int]) -> str:
    return f"{counts['answered']} answered, {counts['cached']} from the cache, " + (
        f"{counts['missing']} without an answer"
    )
