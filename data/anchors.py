"""A frozen set of anchors: a folder in judgeflow's own format, with a card of its canaries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from data.datasets import load_dataset
from data.errors import DataError
from data.layout import DatasetConfig, LoadedDataset
from data.make.facts import FACTS, ItemFacts, read_facts
from data.records import Mode, Record, Sample

CARD = "anchors.json"
CanaryKind = Literal["blank", "defect", "injection", "format"]
CANARIES: tuple[CanaryKind, ...] = ("blank", "defect", "injection", "format")


class Canary(Record):
    """A question with a known outcome: which variant of which probe about which sample.

    `sample` is the row's own id in its mode, without the dataset's name.
    """

    kind: CanaryKind
    probe: str
    variant: str
    mode: Mode
    sample: str


class AnchorCard(Record):
    """What a set of anchors was made of: how many were wanted, and what could not be had."""

    format: Literal[1] = 1
    dataset: str
    wanted: int
    chosen: int
    labelled: int
    canaries: tuple[Canary, ...] = ()
    lacking: tuple[CanaryKind, ...] = ()


def read_card(folder: Path) -> AnchorCard:
    """The card of the anchors in a folder.

    Raises:
        DataError: there are none, or the card is damaged; says how they are made.
    """
    path = folder / CARD
    try:
        return AnchorCard.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"there are no anchors in {str(folder)!r}; `judgeflow anchors init CONFIG` chooses them"
        ) from error
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"anchors {str(path)!r} cannot be read: {said:.120}") from error


def read_anchors(folder: Path) -> LoadedDataset:
    """The frozen samples of a folder, none of which may be bad.

    Raises:
        DataError: there are none, or one was changed so that it cannot be read.
    """
    read_card(folder)
    return load_dataset(DatasetConfig(path=str(folder), on_bad_rows="fail"), Path("/"))


def anchor_facts(folder: Path) -> Mapping[str, ItemFacts]:
    """What is known of the canaries' pictures; empty where no canary needs it."""
    return read_facts(folder) if (folder / FACTS).exists() else {}


def anchors_sha256(samples: Sequence[Sample]) -> str:
    """The identity of frozen samples: labels, texts and pictures, whatever the folder is called."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(sample.model_dump_json(exclude={"sample_id"}).encode())
        digest.update(sample.sample_id.split("/", 1)[1].encode())
    return digest.hexdigest()
