"""`judgeflow measure`: agreement from somebody else's verdict table, on one page."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import DataError
from data.importers import imported
from data.made_judges import MADE
from data.records import Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from flows.given_verdicts import columns_for, columns_of, samples_in, verdict_rows
from flows.terminal import show
from flows.terminal import table as text_table
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import PARTS, by_profile, paired_differences, primary
from tasks.measures.estimand import estimand
from tasks.panels import panel_verdicts
from tasks.stages.summary import agreement_rows

OTHERS = {
    "replacement": "could the judge stand in for an annotator (alternative-annotator test):",
    "panel": "panels of all judges:",
    "leaderboard": "order of the responders, judges against humans:",
    "confidence": "confidence of the verdicts:",
    "corrected": "the mean label of all samples, labelled and not (PPI++):",
}
CLOSING = """
"if missing known": what the first measure could have been, whatever the unreadable verdicts
had said. "sees": the smallest difference to another judge that so many images find in four of
five cases, as if the two had nothing in common; `judgeflow power` says more."""


def print_measures(verdicts: Path, labels: Path | None, as_json: bool, **options: Any) -> None:
    """Read the tables, estimate, and print every judge beside the baselines.

    Raises:
        DataError: a table or column is missing, or nothing is labelled.
    """
    if not verdicts.is_file():
        raise DataError(f"verdict table {str(verdicts)!r} does not exist")
    if options["harness"] is not None:
        with tempfile.TemporaryDirectory() as folder:
            table_path = Path(folder) / f"{verdicts.stem}.jsonl"
            rows_ = imported(verdicts, options["harness"])
            table_path.write_text("".join(json.dumps(row) + "\n" for row in rows_), "utf-8")
            print_measures(table_path, labels, as_json, **{**options, "harness": None})
        return
    columns = columns_for(columns_of(verdicts), options)
    scale = Scale(low=options["scale"][0], high=options["scale"][1])
    samples = samples_in(verdicts, labels, columns, options["mode"], scale)
    given = columns.model_copy(update={"labels": ()})
    rows = list(verdict_rows(verdicts, given, samples, options, scale))
    frame, resampling = samples_table(samples), BootstrapConfig()
    judges = table(rows, VERDICTS)
    made = [panel_verdicts(judges), baseline_verdicts(frame, resampling.seed)]
    judged = pl.concat([judges, *(each.select(list(VERDICTS)) for each in made)])
    estimates = pl.concat([part(frame, judged, resampling) for part in PARTS])
    differences = paired_differences(frame, judged, resampling)
    result = {
        "samples": sum(bool(sample.labels) for sample in samples),
        "judged": len({row["sample_id"] for row in rows}),
        "estimates": estimates.to_dicts(),
        "differences": differences.to_dicts(),
    }
    moved = None
    if options["profile"] == "all":
        moved = by_profile(frame, judged, scale, BootstrapConfig(replicates=100))
        result["profiles"] = moved.to_dicts()
    show(result, as_json, lambda found: _text(found, estimates, differences, moved))


def _text(
    result: dict[str, Any],
    estimates: pl.DataFrame,
    differences: pl.DataFrame,
    moved: pl.DataFrame | None,
) -> str:
    lines = [f"{result['samples']} labelled samples, {result['judged']} of them judged", ""]
    for rows in agreement_rows(estimates, defence=True).values():
        lines += [text_table(rows, list(rows[0]))]
    humans = estimates.filter((pl.col("probe") == "ceiling") & (pl.col("group") == "pooled"))
    if humans.is_empty():
        lines.append("\nOne annotator a sample: no human ceiling can be given.")
    else:
        first = humans.filter(pl.col("metric").is_in(list(primary().values())))
        kept = ["judge", "metric", "value", "low", "high", "n", "n_missing"]
        lines += ["", "humans against each other, judges against the same humans:"]
        lines.append(text_table(first.to_dicts(), kept))
    for probe, title in OTHERS.items():
        found = estimates.filter((pl.col("probe") == probe) & (pl.col("group") == "pooled"))
        if not found.is_empty():
            kept = ["judge", "metric", "value", "low", "high", "n", "n_missing", "note"]
            lines += ["", title, text_table(found.to_dicts(), kept)]
    first_ones = differences.filter(pl.col("primary") & ~pl.col("other").str.contains("baseline:"))
    if not first_ones.is_empty():
        kept = ["judge", "other", "metric", "value", "low", "high", "p", "n", "share_lost"]
        lines += ["", "paired differences on the samples both answered:"]
        lines.append(text_table(first_ones.to_dicts(), kept))
    if moved is not None:
        lines += ["", "the first measure under what others do with unreadable verdicts:"]
        lines.append(text_table(moved.to_dicts(), moved.columns))
    heads = estimates.filter(
        pl.col("metric").is_in(list(primary().values()))
        & (pl.col("group") == "pooled")
        & pl.col("probe").is_null()
        & ~pl.col("judge").str.contains(MADE)
    )
    said = [f"{row['judge']}: {estimand(row)}" for row in heads.iter_rows(named=True)]
    return "\n".join([*lines, "", *said, CLOSING])
