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

SUMMED = ["requests", "cached", "shared", "input_tokens", "expected_usd", "max_usd"]
ASKED = ["judge", "purpose", "mode", "setting"]  # of whom, what for, in which mode and setting
BASE = "(base)"  # what no probe asks
VARIED = [*ASKED, "probe", "variant"]


def print_quote(
    config: Path,
    overrides: Sequence[str],
    limit: int | None,
    as_json: bool,
    *,
    variants: bool = False,
    **changes: Any,
) -> None:
    """Plan a configuration in a folder of its own that is thrown away, and print the quote.

    As text it has the sums by judge and mode and by probe, or with `variants` every line.
    """
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
        asked = rounds.samples_by_probe(here)
        dates = {"prices_as_of": here.prices.collected}
        said = {name: here.run.facts().get(name, []) for name in ("cautions", "not_asked")}
    total = quote_total(lines)
    result = {
        "lines": [line.model_dump() for line in lines],
        "total": total.model_dump(),
        "samples": {probe or BASE: count for probe, count in asked.items()},
        **said,
        **dates,
    }
    show(result, as_json, lambda found: _text(found, variants))


def _summed(lines: Sequence[dict[str, Any]], by: Sequence[str]) -> list[dict[str, Any]]:
    """The lines that are alike in `by` as one; an unknown price makes the sum unknown."""
    parts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in lines:
        part = parts.setdefault(tuple(line[name] for name in by), {"samples": 0})
        part |= {name: line[name] for name in by}
        part["samples"] = max(part["samples"], line["samples"])
        for name in SUMMED:
            known = part.get(name, 0) is not None and line[name] is not None
            part[name] = part.get(name, 0) + line[name] if known else None
    return list(parts.values())


def _tables(result: dict[str, Any], variants: bool) -> list[str]:
    """Every line, or the sums by judge and mode and those by probe."""
    lines, asked = result["lines"], result["samples"]
    if variants:
        return [table(_summed(lines, VARIED), [*VARIED, "samples", *SUMMED]), ""]
    found = [table(_summed(lines, ASKED), [*ASKED, "samples", *SUMMED]), ""]
    if any(line["probe"] for line in lines):
        named = [{**line, "probe": line["probe"] or BASE} for line in lines]
        sums = [{**part, "samples": asked[part["probe"]]} for part in _summed(named, ["probe"])]
        found += [table(sums, ["probe", "samples", *SUMMED]), ""]
    return found


def _text(result: dict[str, Any], variants: bool) -> str:
    total = result["total"]
    price = f"{total['expected_usd']:.4f} USD expected, {total['max_usd']:.4f} at most"
    if total["unpriced"]:
        price += f", price unknown for {', '.join(total['unpriced'])}"
    bound = "" if total["exact"] else " (an upper bound: an earlier round must be answered first)"
    return "\n".join(
        [
            *_tables(result, variants),
            f"{total['requests']} requests, {total['cached']} cached, {total['to_send']} to send"
            f"{bound}",
            f"{price}; about {total['input_tokens']} input tokens; prices as of "
            f"{result['prices_as_of']}",
            f"about {total['seconds']:.0f} s at the configured concurrency and expected_seconds",
            *(f"caution: {line}" for line in result["cautions"]),
            *result["not_asked"],
        ]
    )
