"""The MLLM-as-a-Judge benchmark as it was released: `score`, `pair` and `batch` JSON lines.

Texts are kept exactly as released: leading spaces, mixed languages, `</s>` tails, half-written
JSON. They are what the annotators saw and what judges are to be shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from data.errors import DataError
from data.image_files import ImageFolder
from data.layout import DatasetConfig, LoadedDataset
from data.own_format import dataset_name
from data.records import MODES, Mode, Response, Sample, Scale
from data.row_reading import Collected, collect, json_lines
from data.row_rules import (
    BadRowError,
    check_responses,
    check_scale,
    checked,
    cluster_of,
    labels_of,
    row_key,
)

LABEL_KEYS = ("human", "human_answer", "Human_answer")
SPLIT_FOLDERS = ("", "Benchmark", "benchmark")
IMAGE_FOLDERS = ("", "image", "images")
LICENCE_NOTE = (
    "MLLM-as-a-Judge: its data card says MIT, other places cite CC BY-NC; "
    "which of them holds is for you to decide"
)


class _Released(BaseModel):
    """What the rows of all three files share; they have more keys, which are not needed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Any
    instruction: str
    image_path: str
    original_dataset: str | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    answer: str


class _Score(_Released, _Answer):
    score_id: Any


class _Pair(_Released):
    pair_id: Any
    answer1: _Answer
    answer2: _Answer


class _Batch(_Released):
    answers: tuple[_Answer, ...]


def load_mllm_judge(config: DatasetConfig, base: Path) -> LoadedDataset:
    """The samples of those of the three files that are there.

    Raises:
        DataError: the folder does not exist, holds none of the files, or one cannot be read.
    """
    root = base / config.path
    name = dataset_name(config, None, "mllm-judge")
    if problem := check_scale(config.scale):
        raise DataError(problem)
    folder = _split_folder(root)
    images = ImageFolder(root, _image_folders(folder))
    found = Collected()
    for mode in MODES:
        file = root / folder / f"{mode}.jsonl"
        if file.is_file():
            make = partial(_sample, mode=mode, name=name, scale=config.scale, images=images)
            collect(json_lines(file, file.relative_to(root).as_posix()), make, found)
    return LoadedDataset(
        name=name,
        root=root.resolve(),
        scale=config.scale,
        samples=found.samples.all(),
        rejected=tuple(found.rejected),
        rows=found.rows,
        licence_note=LICENCE_NOTE,
    )


def _split_folder(root: Path) -> str:
    if not root.is_dir():
        raise DataError(f"dataset {str(root)!r} is not a folder")
    for folder in SPLIT_FOLDERS:
        if any((root / folder / f"{mode}.jsonl").is_file() for mode in MODES):
            return folder
    wanted = [f"{mode}.jsonl" for mode in MODES]
    raise DataError(f"dataset {str(root)!r} holds none of {wanted!r}, nor does its 'Benchmark'")


def _image_folders(folder: str) -> tuple[str, ...]:
    inside = [f"{folder}/{name}".rstrip("/") for name in IMAGE_FOLDERS] if folder else []
    return (*IMAGE_FOLDERS, *inside)


def _sample(
    values: Mapping[str, Any], mode: Mode, name: str, scale: Scale, images: ImageFolder
) -> Sample:
    row, key, answers = _READERS[mode](values)
    picture = images.find(row.image_path)
    check_responses(mode, len(answers), labelled=True)
    source = (row.original_dataset or "").strip() or None
    label = _label(values)
    return checked(
        Sample(
            sample_id=f"{name}/{mode}/{key}",
            item_id=_item_id(row, source, picture.sha256),
            cluster_id=cluster_of([picture]),
            mode=mode,
            source=source,
            instruction=row.instruction,
            images=(picture,),
            responses=tuple(Response(author=a.name, text=a.answer) for a in answers),
            labels=labels_of([("human", label, None)], mode, len(answers), scale),
        )
    )


def _read_score(values: Mapping[str, Any]) -> tuple[_Released, str, tuple[_Answer, ...]]:
    row = _Score.model_validate(values)
    return row, row_key(row.score_id, "score_id"), (row,)


def _read_pair(values: Mapping[str, Any]) -> tuple[_Released, str, tuple[_Answer, ...]]:
    row = _Pair.model_validate(values)
    return row, row_key(row.pair_id, "pair_id"), (row.answer1, row.answer2)


def _read_batch(values: Mapping[str, Any]) -> tuple[_Released, str, tuple[_Answer, ...]]:
    row = _Batch.model_validate(values)
    return row, row_key(row.id), row.answers


_Reader = Callable[[Mapping[str, Any]], tuple[_Released, str, tuple[_Answer, ...]]]
_READERS: Mapping[Mode, _Reader] = {
    "score": _read_score,
    "pair": _read_pair,
    "batch": _read_batch,
}


def _label(values: Mapping[str, Any]) -> object:
    """The label under whichever key the row has it."""
    given = [values[key] for key in LABEL_KEYS if values.get(key) is not None]
    if not given:
        raise BadRowError(f"has no label under any of {LABEL_KEYS!r}")
    if any(str(value).strip() != str(given[0]).strip() for value in given):
        raise BadRowError(f"has different labels under {LABEL_KEYS!r}: {given!r:.120}")
    return given[0]


def _item_id(row: _Released, source: str | None, image: str) -> str:
    """`<source>/<id>/<content>`: `id` alone is not unique, and does not promise one image."""
    content = hashlib.sha256(f"{image}\n{row.instruction.strip()}".encode()).hexdigest()
    return f"{source or '-'}/{row_key(row.id)}/{content[:8]}"
