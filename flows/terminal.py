"""What a person or a script sees: results on stdout, messages on stderr, one line per error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLI_PROMPT": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


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
