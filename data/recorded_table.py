"""Somebody's table of recorded judgements: labels and verdicts, without texts or images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import DataError
from data.layout import DatasetConfig, LoadedDataset, TableColumns
from data.own_format import dataset_name
from data.rankings import letters_of
from data.records import LETTERS, MODES, Label, Mode, RejectedRow, Response, Sample, Scale
from data.row_reading import RawRow, read_table
from data.row_rules import BadRowError, canonical_verdict, check_scale, row_key

_WHOLE = re.compile(r"-?[0-9]+\.0+")
_Place = tuple[Mode, str]  # a sample in the table: its mode and row key


@dataclass
class _Facts:
    """What the tables say of one sample, and where each thing was said first."""

    values: dict[str, str] = field(default_factory=dict)
    said_at: dict[str, str] = field(default_factory=dict)
    disputed: bool = False

    def learn(self, what: str, value: str, row: RawRow) -> None:
        """Keep a value; refuse one that contradicts what another row said."""
        known = self.values.setdefault(what, value)
        place = self.said_at.setdefault(what, f"{row.file}:{row.line}")
        if known != value:
            self.disputed = True
            raise BadRowError(
                f"{what} {value!r:.60} differs from {known!r:.60} at {place}; "
                "the sample is left out"
            )


@dataclass
class _Gathered:
    samples: dict[_Place, _Facts] = field(default_factory=dict)
    rejected: list[RejectedRow] = field(default_factory=list)


def load_recorded_table(config: DatasetConfig, base: Path) -> LoadedDataset:
    """One sample per row key of the table, with the columns of joined tables added.

    Samples have labels but no instruction or images, and of the responses what the columns say:
    only recorded judges can be measured on them. A sample whose rows contradict each other is left
    out.

    Raises:
        DataError: a table cannot be read, a column is missing, or no mode is given.
    """
    path = base / config.path
    name = dataset_name(config, None, path.stem)
    if problem := check_scale(config.scale):
        raise DataError(problem)
    if config.mode is None and config.columns.mode is None:
        raise DataError("a table needs dataset.mode or dataset.columns.mode")
    found = _Gathered()
    rows = table_rows(path, config.columns)
    for row in rows:
        _gather(row, config.columns, config, found, joined=False)
    for join in config.join:
        for row in table_rows(base / join.path, join.columns):
            _gather(row, join.columns, config, found, joined=True)
    samples = [
        _sample(name, place, facts, config)
        for place, facts in found.samples.items()
        if not facts.disputed
    ]
    return LoadedDataset(
        name=name,
        root=path.parent.resolve(),
        scale=config.scale,
        samples=tuple(samples),
        rejected=tuple(found.rejected),
        rows=len(rows),
    )


def table_rows(path: Path, columns: TableColumns) -> list[RawRow]:
    """The table's rows without those in which every named column is empty.

    Raises:
        DataError: there is no such table, it cannot be read, or a named column is not in it.
    """
    optional = (columns.verdict, columns.source, columns.cluster, columns.item)
    several = (*columns.labels, *columns.responders, *columns.responses)
    named = (columns.sample, *several, *optional, columns.mode, columns.judge)
    needed = [name for name in (*named, columns.repeat) if name is not None]
    if not path.is_file():
        raise DataError(f"table {str(path)!r} does not exist")
    rows = read_table(path, needed)
    return [row for row in rows if row.problem or any(cell_text(row.values.get(n)) for n in needed)]


def _gather(
    row: RawRow, columns: TableColumns, config: DatasetConfig, found: _Gathered, joined: bool
) -> None:
    """Add what a row says to its sample; rows of joined tables add no samples."""
    default = MODES if joined else tuple(mode for mode in MODES if mode == config.mode)
    try:
        key = sample_key(row, columns)
        for mode in _modes(row, columns, default):
            if not joined or (mode, key) in found.samples:
                said = list(_said(row, columns, mode, config.scale))
                facts = found.samples.setdefault((mode, key), _Facts())
                for what, value in said:
                    facts.learn(what, value, row)
    except BadRowError as error:
        found.rejected.append(row.rejected(str(error)))


def sample_key(row: RawRow, columns: TableColumns) -> str:
    """The row key of the sample that a row speaks of.

    Raises:
        BadRowError: the row cannot be read, or its key cannot.
    """
    if row.problem is not None:
        raise BadRowError(row.problem)
    value = row.values.get(columns.sample)
    return row_key(number_text(value) if isinstance(value, str) else value, columns.sample)


def _modes(row: RawRow, columns: TableColumns, default: tuple[Mode, ...]) -> tuple[Mode, ...]:
    """The modes that a row speaks of: that of its mode column, else the default."""
    given = None if columns.mode is None else cell_text(row.values.get(columns.mode))
    if given is None and default:
        return default
    for mode in MODES:
        if mode == given:
            return (mode,)
    raise BadRowError(f"{columns.mode} must be one of {MODES!r}, got {given!r:.60}")


def _said(
    row: RawRow, columns: TableColumns, mode: Mode, scale: Scale
) -> Iterator[tuple[str, str]]:
    for what, name in (
        ("source", columns.source), ("cluster", columns.cluster), ("item", columns.item),
        *((f"responder {place}", name) for place, name in enumerate(columns.responders)),
        *((f"response {place}", name) for place, name in enumerate(columns.responses)),
    ):  # fmt: skip
        text = None if name is None else cell_text(row.values.get(name))
        if text is not None:
            yield what, text
    for name in columns.labels:
        text = cell_text(row.values.get(name))
        if text is not None:
            ranked = len(letters_of(text.strip()))  # the table has no responses
            count = min(max(ranked, 2), len(LETTERS))
            yield f"label {name}", canonical_verdict(text, mode, count, scale)


def _sample(name: str, place: _Place, facts: _Facts, config: DatasetConfig) -> Sample:
    mode, key = place
    sample_id = f"{name}/{mode}/{key}"
    columns = (config.columns, *(join.columns for join in config.join))
    labels = {
        label: Label(annotator=label, verdict=verdict, origin=table.label_origin)
        for table in columns
        for label in table.labels
        if (verdict := facts.values.get(f"label {label}")) is not None
    }
    return Sample(
        sample_id=sample_id,
        item_id=facts.values.get("item", sample_id),
        cluster_id=facts.values.get("cluster"),
        mode=mode,
        source=facts.values.get("source"),
        instruction="",
        responses=_responses(facts.values),
        labels=tuple(labels.values()),
    )


def _responses(values: dict[str, str]) -> tuple[Response, ...]:
    """What the table says of the responses; a table with one responder per row has one."""
    size = 0
    while f"responder {size}" in values or f"response {size}" in values:
        size += 1
    return tuple(
        Response(author=values.get(f"responder {i}", ""), text=values.get(f"response {i}", ""))
        for i in range(size)
    )


def cell_text(value: object) -> str | None:
    """A cell as text: null, NaN and blank are `None`; 3.0 as a number is "3"."""
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    return text if text.strip() else None


def number_text(text: str) -> str:
    """A whole number without its decimals, so that "12.0" of one table meets "12" of another."""
    text = text.strip()
    return text.split(".")[0] if _WHOLE.fullmatch(text) else text
