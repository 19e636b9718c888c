"""Somebody else's verdict table as samples and verdict rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.datasets import load_dataset, read_probabilities, read_verdicts
from data.errors import DataError
from data.layout import DatasetConfig, TableColumns
from data.rankings import letters_of
from data.records import LETTERS, Mode, Sample, Scale
from data.row_reading import read_table
from tasks.parsing import parse
from tasks.verdicts import canonical


def columns_of(path: Path) -> list[str]:
    """The names of a table's columns.

    Raises:
        DataError: it has no rows.
    """
    first = next(iter(read_table(path)), None)
    if first is None:
        raise DataError(f"verdict table {str(path)!r} has no rows")
    return list(first.values)


def columns_for(present: Sequence[str], options: dict[str, Any]) -> TableColumns:
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
        responders=_each_response(present, "responder"),
        responses=_each_response(present, "response"),
        repeat="repeat" if "repeat" in present else None,
    )


def _each_response(present: Sequence[str], name: str) -> tuple[str, ...]:
    """The columns with one value a response: `name`, or `name_a`, `name_b` and so on."""
    several = (f"{name}_{letter.lower()}" for letter in LETTERS)
    return tuple(column for column in (name, *several) if column in present)


def samples_in(
    verdicts: Path, labels: Path | None, columns: TableColumns, mode: Mode, scale: Scale
) -> tuple[Sample, ...]:
    """The samples of the table with the labels, and of the verdicts' those it does not have."""
    keep: dict[str, Any] = {"verdict": None, "judge": None, "repeat": None}
    if labels is None:
        return _load(verdicts, columns.model_copy(update=keep), mode, scale)
    present, own = columns_of(labels), dict(keep)
    for name in ("source", "cluster"):
        own[name] = name if name in present else None
    for name in ("responder", "response"):
        own[f"{name}s"] = _each_response(present, name)
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
    return tuple(load_dataset(config, Path("/")).samples)


def verdict_rows(
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
    responses = max((len(letters_of(label.verdict)) for label in sample.labels), default=0)
    read = parse(cell or "", sample.mode, responses, scale)
    return {
        "status": read.verdict.status,
        "verdict": canonical(read.verdict),
        "raw_verdict": read.raw,
        "reason": getattr(read.verdict, "reason", None),
    }
