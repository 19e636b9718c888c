"""Makes demonstration datasets: drawn pictures, questions, responses of known quality.

`make_dataset` draws as many fresh items as wanted. Everything follows from the arguments: the
same ones give the same bytes. What is true of each picture, and what was made wrong on purpose,
is kept in `facts.jsonl`; `data.make.facts.read_facts` reads it. No label is a person's: all of
them carry the origin `construction`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from data.errors import ConfigError
from data.records import Record

KINDS: tuple[str, ...] = ("bar-chart", "line-chart", "table", "shapes", "receipt", "map")
LEVELS = {"easy": 0.0, "medium": 0.5, "hard": 1.0}
GENERATOR_VERSION = 1  # raise it whenever the same arguments give other bytes


class MadeDataset(Record):
    """Where a dataset was written and how many items, samples of each mode and ties it has."""

    folder: Path
    name: str
    items: int
    score: int
    pair: int
    batch: int
    tied_pairs: int


def make_dataset(
    folder: Path,
    *,
    items: int,
    kinds: Sequence[str] = KINDS,
    difficulty: Literal["easy", "medium", "hard"] | float,
    seed: int,
    name: str = "demo",
) -> MadeDataset:
    """Draw a dataset into a new or empty folder and return what it holds.

    The kinds take turns. `difficulty` runs from 0 (`easy`: coarse errors, outlandish inventions)
    to 1 (`hard`: values a few per cent off, neighbouring colours, plausible inventions).

    Raises:
        ConfigError: an unknown kind, no items, a difficulty outside 0 to 1, an unusable name.
        DataError: the folder is not empty.
        HostError: the folder cannot be written.
    """
    kinds = _checked_kinds(kinds)
    level = _checked_level(difficulty)
    if items < 1:
        raise ConfigError(f"items must be 1 or more, not {items!r}")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ConfigError(f"name {name!r} may only hold letters, digits, '_', '.' and '-'")
    from data.make.write import made_items, write_dataset  # Pillow: only when drawing

    made_by = {
        "generator": "data.make",
        "items": items,
        "kinds": list(kinds),
        "difficulty": difficulty,
        "seed": seed,
    }
    return write_dataset(folder, made_items(items, kinds, level, seed), name, made_by)


def _checked_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    known = ", ".join(repr(kind) for kind in KINDS)
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"kind {kind!r} cannot be drawn; known: {known}")
    if not kinds or len(set(kinds)) < len(kinds):
        raise ConfigError(f"kinds {list(kinds)!r} must name each kind once; known: {known}")
    return tuple(kinds)


def _checked_level(difficulty: str | float) -> float:
    if isinstance(difficulty, str):
        if difficulty not in LEVELS:
            known = ", ".join(repr(level) for level in LEVELS)
            raise ConfigError(f"difficulty {difficulty!r} is not defined; known: {known} or 0 to 1")
        return LEVELS[difficulty]
    if not 0 <= difficulty <= 1:
        raise ConfigError(f"difficulty must lie between 0 and 1, not {difficulty!r}")
    return float(difficulty)
