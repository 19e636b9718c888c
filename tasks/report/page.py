"""Puts a run's page together; every text from the data is escaped, charts are drawn by us."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import HostError
from tasks.drift.records import Drift
from tasks.gate.verdict import cells_of, deciding
from tasks.report import distributions, doses, nights, probe_rows, tables, words
from tasks.report.card import TITLES, Heading
from tasks.report.card_records import Card

HERE = Path(__file__).parent
SHARES = {
    "score": "score given",
    "pair": "verdict given (C is a tie)",
    "batch": "rank given to the response that the label puts first",
}


@dataclass(frozen=True)
class ReportInputs:
    """What a page shows: `run.json`, the run's tables, and what the measures mean.

    `headlines` are the estimates that stand for each probe.
    """

    run: Mapping[str, Any]
    config_yaml: str
    prompts: Mapping[str, str]
    samples: pl.DataFrame
    verdicts: pl.DataFrame
    estimates: pl.DataFrame
    differences: pl.DataFrame
    rejected: pl.DataFrame
    checkpoints: Sequence[Mapping[str, Any]]
    primary: Mapping[str, str]
    better: Mapping[str, str]
    definitions: Mapping[str, str]
    cards: Sequence[Card] = ()
    headlines: Mapping[str, Collection[Heading]] = field(default_factory=dict)
    comparison: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    drift: Drift | None = None


def write_report(path: Path, inputs: ReportInputs) -> None:
    """Write the page whole.

    Raises:
        HostError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(page(inputs))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise HostError(f"report {str(path)!r} cannot be written: {error.strerror}") from error


def page(inputs: ReportInputs) -> str:
    """The page's HTML; equal inputs give equal bytes."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = words.number
    environment.globals["span"] = words.span
    environment.filters["recorded"] = words.recorded
    environment.filters["usd"] = words.usd
    style = Markup((HERE / "style.css").read_text(encoding="utf-8"))  # our own file
    template = environment.get_template("page.html.j2")
    return template.render(style=style, **sections(inputs))


def sections(inputs: ReportInputs) -> dict[str, Any]:
    """What the template shows, counted and ordered but not computed."""
    from markupsafe import Markup

    from tasks.report import charts

    names = words.Names(inputs.run)
    modes = [mode for mode in inputs.primary if mode in set(inputs.samples["mode"])]
    shown = [_mode(inputs, mode, names) for mode in modes]
    used = set(inputs.estimates["metric"])
    return {
        "run": inputs.run,
        "modes": shown,
        "ceilings": tables.ceilings(inputs.estimates, inputs.primary, names),
        "leaderboards": tables.leaderboards(inputs.estimates, names),
        "gate": inputs.run.get("gate"),
        "gated": _gated(inputs, names),
        "cards": inputs.cards,
        "titles": TITLES,
        "nights": _nights(inputs, names),
        "probes": list(probe_rows.folded(inputs.estimates, names, inputs.headlines)),
        "alarms": [
            {**row, "name": names(row["judge"])} for row in tables.alarming(inputs.estimates)
        ],
        "curves": [
            {"name": each["name"], "chart": Markup(charts.curves(each["arms"], each["name"]))}
            for each in doses.curves(inputs.estimates, names)
        ],
        "unreadable": tables.unreadable(inputs.verdicts, names),
        "costs": tables.costs(inputs.run, names),
        "quotes": tables.quotes(inputs.run),
        "parts": tables.parts(inputs.run, names),
        "checkpoints": inputs.checkpoints,
        "rejected": inputs.rejected.head(20).to_dicts(),
        "rejected_count": inputs.rejected.height,
        "judges": names.judges,
        "config": inputs.config_yaml,
        "prompts": sorted(inputs.prompts.items()),
        "definitions": sorted((m, d) for m, d in inputs.definitions.items() if m in used),
        "labels": words.label_words(inputs.run),
        "construction": "construction" in str(inputs.run.get("dataset", {}).get("label_origin")),
    }


def _nights(inputs: ReportInputs, names: words.Names) -> dict[str, Any]:
    """What the template shows of the nights before, with its charts."""
    from markupsafe import Markup

    from tasks.report import night_charts

    found = []
    if inputs.history is not None:
        for each in nights.trends(inputs.history, inputs.run, inputs.primary, names):
            if chart := night_charts.trend(each["rows"], each["measure"]):
                found.append({**each, "chart": Markup(chart)})
    watched = nights.watched(inputs.drift, names)
    for each in watched["charts"] if watched else ():
        drawn = night_charts.cusum(each["points"], each["lines"], each["judge"])
        each["chart"] = Markup(drawn)
    return {"watched": watched, "trends": found}


def _gated(inputs: ReportInputs, names: words.Names) -> list[dict[str, str]]:
    """The rows that decide the gate, as text."""
    if inputs.comparison is None:
        return []
    rows = [row | {"judge": names(row["judge"])} for row in deciding(inputs.comparison)]
    cells = [cells_of(row) for row in rows]
    if len({row["against"] for row in cells}) < 2:  # the line above says it
        return [{head: cell for head, cell in row.items() if head != "against"} for row in cells]
    return cells


def _mode(inputs: ReportInputs, mode: str, names: words.Names) -> dict[str, Any]:
    """What the template shows of one mode."""
    from markupsafe import Markup

    from tasks.report import charts

    metric = inputs.primary[mode]
    board = tables.board(inputs.estimates, mode, metric, inputs.better.get(metric), names)
    return {
        "mode": mode,
        "metric": metric,
        "board": board,
        "chart": Markup(charts.intervals(board, metric)),
        "sources": tables.by_source(inputs.estimates, mode, metric, names),
        "levels": tables.by_level(inputs.estimates, mode, names),
        "differences": tables.differences(inputs.differences, mode, names),
        "others": tables.others(inputs.estimates, mode, names),
        "shares": Markup(
            charts.shares(
                distributions.shares(inputs.samples, inputs.verdicts, mode, names),
                SHARES[mode],
            )
        ),
        "calibrations": [
            {"judge": name, "chart": Markup(charts.calibration(bins, name))}
            for name, bins in tables.calibrations(inputs.estimates, mode, names)
        ],
        "confusions": [
            {"judge": name, "chart": Markup(charts.confusion(counts, name))}
            for name, counts in distributions.confusions(
                inputs.samples, inputs.verdicts, mode, names
            )
        ],
    }
