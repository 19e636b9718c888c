"""How a dataset on disk is described, and what loading it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from data.records import Mode, Record, RejectedRow, Sample, Scale


class TableColumns(Record):
    """Which column of somebody's table holds what; null where the table has none.

    `responders` name the columns with who wrote each response and `responses` those with its text,
    one column a response, in own order. `label_origin` says whether persons gave the labels or
    they follow from how items were made.
    """

    sample: str = "sample_id"
    verdict: str | None = None
    labels: tuple[str, ...] = ()
    source: str | None = None
    cluster: str | None = None
    item: str | None = None
    responders: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    mode: str | None = None
    judge: str | None = None
    repeat: str | None = None
    label_origin: Literal["human", "construction"] = "human"


class JoinedTable(Record):
    """A second table with more columns for the same samples."""

    path: str
    columns: TableColumns


class DatasetConfig(Record):
    """Where the samples are and how to read them.

    `format`: `judgeflow` (our JSONL or Parquet), `mllm-judge` (the released benchmark's folder)
    or `table` (recorded judgements: labels without texts or images).
    """

    path: str
    format: Literal["judgeflow", "mllm-judge", "table"] = "judgeflow"
    name: str | None = None
    scale: Scale = Scale()
    on_bad_rows: Literal["set-aside", "fail"] = "set-aside"
    max_bad_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    # format: table
    mode: Mode | None = None
    columns: TableColumns = TableColumns()
    join: tuple[JoinedTable, ...] = ()


@dataclass(frozen=True)
class LoadedDataset:
    """A dataset as it was found: its samples, and the rows that could not become samples.

    `rows` counts the rows read, good and bad. Image paths in `samples` are relative to `root`.
    """

    name: str
    root: Path
    scale: Scale
    samples: Sequence[Sample]
    rejected: tuple[RejectedRow, ...]
    rows: int
    licence_note: str | None = None
