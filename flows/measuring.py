"""`judgeflow measure`: agreement from somebody else's verdict table, on one page."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from data.datasets import load_dataset, read_probabilities, read_verdicts
from data.errors import DataError
from data.importers import imported
from data.layout import DatasetConfig, TableColumns
from data.records import LETTERS, Mode, Sample, Scale
from data.row_reading import read_table
from data.tables import VERDICTS, samples_table, table
from flows.terminal import show
from flows.terminal import table as text_table
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import PARTS, by_profile, paired_differences, primary
from tasks.measures.estimand import estimand
from tasks.panels import panel_verdicts
from tasks.parsing import parse
from tasks.stages.summary import agreement_rows
from tasks.verdicts import canonical

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
    columns = _columns(_columns_of(verdicts), options)
    scale = Scale(low=options["scale"][0], high=options["scale"][1])
    samples = _samples(verdicts, labels, columns, options["mode"], scale)
    given = columns.model_copy(update={"labels": ()})
    rows = list(_rows(verdicts, given, samples, options, scale))
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


def _columns_of(path: Path) -> list[str]:
    first = next(iter(read_table(path)), None)
    if first is None:
        raise DataError(f"verdict table {str(path)!r} has no rows")
    return list(first.values)


def _columns(present: Sequence[str], options: dict[str, Any]) -> TableColumns:
    """The column mapping: as given, else the usual name where the table has it."""

    def usual(name: str) -> str | None:
        given: str | None = options[name]
        return given if given is not None else (name if name in present else None)

    return TableColumns(
        sample=options["sample"],
        verdict=options["verdict"],
        labels=tuple(options["label_columns"]),
        source=usual("source"),
        cluster=usual("cluster"),
        judge=usual("judge"),
        responders=each_response(present, "responder"),
        responses=each_response(present, "response"),
        repeat="repeat" if "repeat" in present else None,
    )


def each_response(present: Sequence[str], name: str) -> tuple[str, ...]:
    """The columns with one value a response: `name`, or `name_a`, `name_b` and so on."""
    several = (f"{name}_{letter.lower()}" for letter in LETTERS)
    return tuple(column for column in (name, *several) if column in present)


def _samples(
    verdicts: Path, labels: Path | None, columns: TableColumns, mode: Mode, scale: Scale
) -> tuple[Sample, ...]:
    """The samples of the table with the labels, and of the verdicts' those it does not have."""
    keep: dict[str, Any] = {"verdict": None, "judge": None, "repeat": None}
    if labels is None:
        return _load(verdicts, columns.model_copy(update=keep), mode, scale)
    present, own = _columns_of(labels), dict(keep)
    for name in ("source", "cluster"):
        own[name] = name if name in present else None
    for name in ("responder", "response"):
        own[f"{name}s"] = each_response(present, name)
    labelled = _load(labels, columns.model_copy(update=own), mode, scale)
    known = {_key(sample) for sample in labelled}
    unlabelled = _load(verdicts, columns.model_copy(update=keep | {"labels": ()}), mode, scale)
    return (*labelled, *(sample for sample in unlabelled if _key(sample) not in known))


def _key(sample: Sample) -> str:
    return sample.sample_id.split("/", 2)[2]


def _load(path: Path, columns: TableColumns, mode: Mode, scale: Scale) -> tuple[Sample, ...]:
    config = DatasetConfig(
        path=str(path.resolve()),
        format="table",
        name=path.stem,
        mode=mode,
        columns=columns,
        scale=scale,
    )
    return load_dataset(config, Path("/")).samples


def _rows(
    path: Path,
    columns: TableColumns,
    samples: Sequence[Sample],
    options: dict[str, Any],
    scale: Scale,
) -> Iterator[dict[str, Any]]:
    """A verdict row for every sample and judge; a sample the judge lacks is `open`."""
    levels = [level for level in range(scale.low, scale.high + 1) if options["logprobs"]]
    if len(levels) != len(options["logprobs"]):
        many = f"{len(options['logprobs'])} --logprob columns for {scale.high - scale.low + 1}"
        raise DataError(f"{many} levels; name one a level, lowest first")
    if options["expected"] and not levels:
        raise DataError("--expected needs the --logprob columns")
    for judge in _judges(path, columns):
        where = judge if columns.judge else None
        cells = read_verdicts(path, columns, where_judge=where, missing=options["missing"])
        chances = (
            read_probabilities(path, columns, options["logprobs"], where_judge=where)
            if levels
            else {}
        )
        repeats = sorted({repeat for _, repeat in cells})
        for sample in samples:
            for repeat in repeats:
                row, at = _row(sample, judge, repeat), (_key(sample), repeat)
                if at not in cells:
                    yield row | {"status": "open", "reason": "not in the table"}
                    continue
                row |= _read(cells[at], sample, scale)
                if at in chances and row["status"] == "scored":
                    row["confidence"] = max(chances[at])
                    if options["expected"]:
                        mean = sum(k * p for k, p in zip(levels, chances[at], strict=True))
                        row["verdict"] = f"{mean:.9g}"
                yield row


def _judges(path: Path, columns: TableColumns) -> list[str]:
    if columns.judge is None:
        return [path.stem]
    found = {str(row.values.get(columns.judge)) for row in read_table(path)}
    return sorted(found)


def _row(sample: Sample, judge: str, repeat: int) -> dict[str, Any]:
    return {
        "sample_id": sample.sample_id,
        "item_id": sample.item_id,
        "cluster_id": sample.cluster_id,
        "mode": sample.mode,
        "source": sample.source,
        "judge": judge,
        "setting": "recorded",
        "variant": "base",
        "repeat": repeat,
        "epoch": "base",
    }


def _read(cell: str | None, sample: Sample, scale: Scale) -> dict[str, Any]:
    responses = max((len(label.verdict) for label in sample.labels), default=0)
    read = parse(cell or "", sample.mode, responses, scale)
    return {
        "status": read.verdict.status,
        "verdict": canonical(read.verdict),
        "raw_verdict": read.raw,
        "reason": getattr(read.verdict, "reason", None),
    }


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
        & ~pl.col("judge").str.contains("^(baseline|panel):")
    )
    said = [f"{row['judge']}: {estimand(row)}" for row in heads.iter_rows(named=True)]
    return "\n".join([*lines, "", *said, CLOSING])
