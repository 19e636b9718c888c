"""From a seed to a dataset folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from data.errors import DataError, HostError
from data.make import (
    GENERATOR_VERSION,
    MadeDataset,
    bar_chart,
    data_table,
    line_chart,
    receipt,
    shapes,
    town_map,
)
from data.make.canvas import HEIGHT, WIDTH
from data.make.claims import Picture
from data.make.facts import ImageFact, ItemFacts
from data.make.responses import respond, ties
from data.make.rows import rows
from data.records import Record

DRAWERS: dict[str, Callable[[Random, float], Picture]] = {
    "bar-chart": bar_chart.draw,
    "line-chart": line_chart.draw,
    "table": data_table.draw,
    "shapes": shapes.draw,
    "receipt": receipt.draw,
    "map": town_map.draw,
}


@dataclass(frozen=True)
class MadeItem:
    """One item: its picture, its facts and its rows of `samples.jsonl`."""

    png: bytes
    facts: ItemFacts
    rows: list[dict[str, Any]]
    tied: int  # pairs


def made_items(
    items: int, kinds: Sequence[str], difficulty: float, seed: int
) -> Iterator[MadeItem]:
    """Items one by one; the first n are the same however many are asked for."""
    for index in range(items):
        turn, place = divmod(index, len(kinds))
        tied = (turn + place) % 3 == 0  # a third of the items, in turn of every kind
        # without the difficulty: another difficulty asks the same questions of the same pictures
        key = f"{seed}/{kinds[place]}/{turn}"
        yield _item(f"{kinds[place]}-{turn + 1:04d}", kinds[place], difficulty, key, tied)


def _item(item_id: str, kind: str, difficulty: float, key: str, tied: bool) -> MadeItem:
    rng = Random(key)
    picture = DRAWERS[kind](rng, difficulty)
    signed = respond(picture, rng, difficulty, tied)
    path = f"images/{item_id}.png"
    equal = ties(signed)
    facts = ItemFacts(
        item_id=item_id,
        kind=kind,
        difficulty=difficulty,
        instruction=picture.instruction,
        answer=picture.answer,
        facts=(
            ImageFact(path=path, width=WIDTH, height=HEIGHT),
            *picture.facts,
            *(fact for response in signed for fact in response.facts),
            *equal,
        ),
    )
    shared = {
        "item_id": item_id,
        "source": kind,
        "instruction": picture.instruction,
        "images": [path],
    }
    return MadeItem(picture.png, facts, rows(shared, signed, rng), len(equal))


def write_dataset(
    folder: Path, items: Iterable[MadeItem], name: str, made_by: dict[str, Any]
) -> MadeDataset:
    """Write the items and, last of all, `dataset.yaml`: a folder without it is not finished.

    Raises:
        DataError: the folder exists and is not empty.
        HostError: the folder cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{str(folder)!r} is not empty; give a new folder for the dataset")
        return _written(folder, items, name, made_by)
    except OSError as error:
        raise HostError(f"{str(folder)!r} cannot be written: {error.strerror}") from error


def _written(
    folder: Path, items: Iterable[MadeItem], name: str, made_by: dict[str, Any]
) -> MadeDataset:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    counts = {"items": 0, "score": 0, "pair": 0, "batch": 0, "tied_pairs": 0}
    with (
        (folder / "samples.jsonl").open("w", encoding="utf-8", newline="\n") as samples,
        (folder / "facts.jsonl").open("w", encoding="utf-8", newline="\n") as facts,
    ):
        for item in items:
            image = folder / "images" / f"{item.facts.item_id}.png"
            image.write_bytes(item.png)
            facts.write(_line(item.facts))
            for row in item.rows:
                samples.write(json.dumps(row, ensure_ascii=False) + "\n")
                counts[row["mode"]] += 1
            counts["items"] += 1
            counts["tied_pairs"] += item.tied
    described = {
        "name": name,
        "scale": {"low": 1, "high": 5},
        "labels": "construction",
        "licence": "CC0-1.0",
        "made_by": made_by | {"version": GENERATOR_VERSION},
    }
    text = yaml.safe_dump(described, sort_keys=False, allow_unicode=True)
    (folder / "dataset.yaml").write_text(text, encoding="utf-8", newline="\n")
    return MadeDataset(folder=folder, name=name, **counts)


def _line(record: Record) -> str:
    return json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n"
