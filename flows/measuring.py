"""`judgeflow measure`: agreement from somebody else's verdict table, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from data.datasets import load_dataset, read_verdicts
from data.errors import DataError
from data.layout import DatasetConfig, TableColumns
from data.records import LETTERS, Mode, Sample, Scale
from data.row_reading import read_table
from data.tables import VERDICTS, samples_table, table
from flows.terminal import show
from flows.terminal import table as text_table
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import by_profile, ceiling, estimate, primary
from tasks.parsing import parse
from tasks.stages.summary import agreement_rows
from tasks.verdicts import canonical

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
    present = _columns_of(verdicts)
    columns = _columns(present, options)
    scale = Scale(low=options["scale"][0], high=options["scale"][1])
    own = labels is not None
    samples = _samples(labels or verdicts, columns, options["mode"], scale, own)
    rows = list(_rows(verdicts, columns, samples, options["missing"], scale))
    frame, resampling = samples_table(samples), BootstrapConfig()
    baselines = baseline_verdicts(frame, resampling.seed)
    judged = pl.concat([table(rows, VERDICTS), baselines.select(list(VERDICTS))])
    estimates = pl.concat([
        estimate(frame, judged, resampling), ceiling(frame, judged, resampling)
    ])  # fmt: skip
    asked = len({row["sample_id"] for row in rows})
    result = {"samples": len(samples), "judged": asked, "estimates": estimates.to_dicts()}
    moved = None
    if options["profile"] == "all":
        moved = by_profile(frame, judged, scale, BootstrapConfig(replicates=100))
        result["profiles"] = moved.to_dicts()
    show(result, as_json, lambda found: _text(found, estimates, moved))


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
    path: Path, columns: TableColumns, mode: Mode, scale: Scale, own: bool
) -> tuple[Sample, ...]:
    """The labelled samples of a table; `own` if it is not the table of the verdicts."""
    keep: dict[str, Any] = {"verdict": None, "judge": None, "repeat": None}
    if own:
        present = _columns_of(path)
        for name in ("source", "cluster"):
            keep[name] = name if name in present else None
        for name, several in (("responders", "responder"), ("responses", "response")):
            keep[name] = each_response(present, several)
    config = DatasetConfig(
        path=str(path.resolve()),
        format="table",
        name=path.stem,
        mode=mode,
        columns=columns.model_copy(update=keep),
        scale=scale,
    )
    return load_dataset(config, Path("/")).samples


def _rows(
    path: Path,
    columns: TableColumns,
    samples: Sequence[Sample],
    missing: tuple[str, ...],
    scale: Scale,
) -> Iterator[dict[str, Any]]:
    """A verdict row for every sample and judge; a sample the judge lacks is `open`."""
    for judge in _judges(path, columns):
        where = judge if columns.judge else None
        cells = read_verdicts(path, columns, where_judge=where, missing=missing)
        repeats = sorted({repeat for _, repeat in cells})
        for sample in samples:
            key = sample.sample_id.split("/", 2)[2]
            for repeat in repeats:
                row = _row(sample, judge, repeat)
                if (key, repeat) in cells:
                    yield row | _read(cells[key, repeat], sample, scale)
                else:
                    yield row | {"status": "open", "reason": "not in the table"}


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


def _text(result: dict[str, Any], estimates: pl.DataFrame, moved: pl.DataFrame | None) -> str:
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
    if moved is not None:
        lines += ["", "the first measure under what others do with unreadable verdicts:"]
        lines.append(text_table(moved.to_dicts(), moved.columns))
    return "\n".join([*lines, CLOSING])
