"""The quote on the command line: no call, no run folder left behind."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.opening import PRICES, configured
from flows.terminal import show, table
from tasks.plan import ROUNDS
from tasks.quote import quote_total
from tasks.stages import prepare, rounds
from tasks.stages.context import context

COLUMNS = [
    "judge", "purpose", "mode", "setting", "probe", "samples", "requests", "cached", "shared",
    "input_tokens", "expected_usd", "max_usd",
]  # fmt: skip


def print_quote(
    config: Path, overrides: Sequence[str], limit: int | None, as_json: bool, **changes: Any
) -> None:
    """Plan a configuration in a folder of its own that is thrown away, and print the quote."""
    loaded = configured(config, overrides, limit=limit, **changes)
    with tempfile.TemporaryDirectory(prefix="judgeflow-plan-") as folder:
        run = prepare.create_run(loaded, config.resolve().parent, PRICES, Path(folder) / "plan")
        here = context(run.path)
        prepare.load_samples(here)
        prepare.prepare_images(here)
        lines = []
        for round_ in ROUNDS:
            rounds.plan_round(here, round_, bound=True)
            lines += rounds.quote_round(here, round_)
        dates = {"prices_as_of": here.prices.collected}
    total = quote_total(lines)
    result = {
        "lines": [line.model_dump() for line in lines],
        "total": total.model_dump(),
        **dates,
    }
    show(result, as_json, _text)


def _summed(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of all variants of a probe as one; an unknown price makes the sum unknown."""
    parts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in lines:
        part = parts.setdefault(tuple(line[name] for name in COLUMNS[:5]), {})
        for name in COLUMNS[:5]:
            part[name] = line[name]
        part["samples"] = max(part.get("samples", 0), line["samples"])
        for name in COLUMNS[6:]:
            known = part.get(name, 0) is not None and line[name] is not None
            part[name] = part.get(name, 0) + line[name] if known else None
    return list(parts.values())


def _text(result: dict[str, Any]) -> str:
    total = result["total"]
    price = f"{total['expected_usd']:.4f} USD expected, {total['max_usd']:.4f} at most"
    if total["unpriced"]:
        price += f", price unknown for {', '.join(total['unpriced'])}"
    bound = "" if total["exact"] else " (an upper bound: an earlier round must be answered first)"
    return "\n".join(
        [
            table(_summed(result["lines"]), COLUMNS),
            "",
            f"{total['requests']} requests, {total['cached']} cached, {total['to_send']} to send"
            f"{bound}",
            f"{price}; about {total['input_tokens']} input tokens; prices as of "
            f"{result['prices_as_of']}",
            f"about {total['seconds']:.0f} s at the configured concurrency and expected_seconds",
        ]
    )
