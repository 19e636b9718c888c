"""judgeflow's own dataset format: `samples.jsonl` or `samples.parquet`, with a `dataset.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, JsonValue, ValidationError

from data.errors import DataError
from data.image_files import ImageFolder
from data.layout import DatasetConfig, LoadedDataset
from data.records import Mode, Record, Response, Sample, Scale
from data.row_reading import Collected, collect, json_lines, read_table
from data.row_rules import (
    BadRowError,
    check_scale,
    checked,
    cluster_of,
    invalid,
    item_of,
    labels_of,
    row_key,
)

SAMPLE_FILES = ("samples.jsonl", "samples.parquet")


class DatasetCard(Record):
    """What `dataset.yaml` says of the whole dataset; all but `name` and `scale` is free text."""

    name: str | None = None
    scale: Scale | None = None
    description: JsonValue = None
    labels: JsonValue = None
    licence: JsonValue = None
    made_by: JsonValue = None


class _Label(Record):
    annotator: str
    verdict: Any
    origin: Literal["human", "construction"] | None = None


class _Row(Record):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Any
    mode: Mode
    instruction: str
    item_id: str | None = None
    source: str | None = None
    images: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    labels: tuple[_Label, ...] = ()
    label: Any = None
    cluster_id: str | None = None


_KEYS = frozenset(_Row.model_fields)


def load_own_format(config: DatasetConfig, base: Path) -> LoadedDataset:
    """The samples of a folder with a samples file, or of a single `.jsonl` or `.parquet` file.

    Raises:
        DataError: there is no such file, or it or `dataset.yaml` cannot be read.
    """
    path = base / config.path
    file = _samples_file(path)
    card = read_card(file.parent / "dataset.yaml")
    name = dataset_name(config, card.name, file.parent.name if path.is_dir() else file.stem)
    scale = _scale(config, card)
    rows = json_lines(file, file.name) if file.suffix == ".jsonl" else read_table(file)
    images = ImageFolder(file.parent)
    found = Collected()
    collect(rows, partial(_sample, name=name, scale=scale, images=images), found)
    return LoadedDataset(
        name=name,
        root=file.parent.resolve(),
        scale=scale,
        samples=found.samples.all(),
        rejected=tuple(found.rejected),
        rows=found.rows,
        licence_note=None if card.licence is None else str(card.licence),
    )


def dataset_name(config: DatasetConfig, own: str | None, fallback: str) -> str:
    """The dataset's name: the configuration's, else its own, else that of its file or folder.

    Raises:
        DataError: the name cannot be the first part of `<dataset>/<mode>/<row key>`.
    """
    name = config.name or own or fallback
    if not name.strip() or "/" in name or not name.isprintable():
        raise DataError(
            f"dataset name {name!r} must be printable and without '/'; set dataset.name"
        )
    return name


def read_card(path: Path) -> DatasetCard:
    """What the `dataset.yaml` at `path` says; nothing, if there is no such file.

    Raises:
        DataError: it cannot be read, or has a key or value it may not have.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return DatasetCard()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{str(path)!r} cannot be read: {reason:.300}") from error
    try:
        return DatasetCard.model_validate(loaded or {})
    except ValidationError as error:
        known = list(DatasetCard.model_fields)
        raise DataError(f"{str(path)!r}: {invalid(error)}; known keys: {known!r}") from error


def _samples_file(path: Path) -> Path:
    if path.is_file():
        if path.suffix not in (".jsonl", ".parquet"):
            raise DataError(f"dataset file {str(path)!r} must end in .jsonl or .parquet")
        return path
    if not path.is_dir():
        raise DataError(f"dataset {str(path)!r} does not exist")
    files = [path / name for name in SAMPLE_FILES if (path / name).is_file()]
    if len(files) != 1:
        there = "both are there" if files else "neither is there"
        raise DataError(f"dataset {str(path)!r} must hold one of {SAMPLE_FILES!r}; {there}")
    return files[0]


def _scale(config: DatasetConfig, card: DatasetCard) -> Scale:
    """The dataset's own scale; a configuration may repeat it or leave it out, not change it."""
    if card.scale is not None and config.scale not in (Scale(), card.scale):
        raise DataError(
            f"dataset.scale {config.scale!r} differs from {card.scale!r} in dataset.yaml; "
            "leave one of them out"
        )
    scale = card.scale or config.scale
    if problem := check_scale(scale):
        raise DataError(problem)
    return scale


def _sample(values: Mapping[str, Any], name: str, scale: Scale, images: ImageFolder) -> Sample:
    unknown = sorted(values.keys() - _Row.model_fields.keys())
    if unknown:
        raise BadRowError(
            f"keys {unknown!r:.120} are not known; known: {list(_Row.model_fields)!r}"
        )
    # Parquet has every column in every row: null says the same as a key that is absent
    row = _Row.model_validate({key: value for key, value in values.items() if value is not None})
    if not row.instruction.strip():
        raise BadRowError("instruction is empty")
    pictures = tuple(images.find(image) for image in row.images)
    return checked(
        Sample(
            sample_id=f"{name}/{row.mode}/{row_key(row.id)}",
            item_id=row.item_id or item_of(row.instruction, pictures),
            cluster_id=row.cluster_id or cluster_of(pictures),
            mode=row.mode,
            source=row.source,
            instruction=row.instruction,
            images=pictures,
            responses=row.responses,
            labels=labels_of(_given(row), row.mode, len(row.responses), scale),
        )
    )


def _given(row: _Row) -> list[tuple[str, object, str | None]]:
    """The labels as the row gives them; `label` is short for one label of one person."""
    if row.label is None:
        return [(label.annotator, label.verdict, label.origin) for label in row.labels]
    if row.labels:
        raise BadRowError("has both 'label' and 'labels'; keep one")
    return [("human", row.label, None)]
