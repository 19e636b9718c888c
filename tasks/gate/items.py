"""Which items two runs have in common: the same id with the same content and labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

CONTENT = ("sample_id", "cluster_id", "mode", "instruction", "images", "responses", "labels")


@dataclass(frozen=True)
class Items:
    """The samples of both runs, and how many have been added, removed, changed or labelled anew."""

    common: tuple[str, ...]
    added: int
    removed: int
    changed: int
    relabelled: int

    @property
    def moved(self) -> list[str]:
        """What is not the same, a phrase each."""
        counts = {
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "labelled anew": self.relabelled,
        }
        return [f"{count} samples {what}" for what, count in counts.items() if count]


def fingerprints(samples: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Two hashes by sample: of what judges are shown, and of the labels; no path is part of them.

    Args:
        samples: the columns `CONTENT` of `data.schemas.SAMPLES`.
    """
    return {row["sample_id"]: _hashes(row) for row in samples.select(CONTENT).iter_rows(named=True)}


def dataset_sha256(prints: Mapping[str, tuple[str, str]]) -> str:
    """One hash of all samples and labels, whatever their order."""
    return _sha256(sorted([sample, *both] for sample, both in prints.items()))


def common_items(before: pl.DataFrame, now: pl.DataFrame) -> Items:
    """The items of two runs side by side; columns `CONTENT` of `data.schemas.SAMPLES`."""
    old, new = fingerprints(before), fingerprints(now)
    both = [sample for sample in new if sample in old]
    same = [sample for sample in both if new[sample][0] == old[sample][0]]
    common = tuple(sample for sample in same if new[sample][1] == old[sample][1])
    return Items(
        common=common,
        added=len(new) - len(both),
        removed=len(old) - len(both),
        changed=len(both) - len(same),
        relabelled=len(same) - len(common),
    )


def _hashes(row: Mapping[str, Any]) -> tuple[str, str]:
    shown = {
        "mode": row["mode"],
        "instruction": row["instruction"],
        "images": [image["sha256"] for image in row["images"] or ()],
        "responses": [[each["author"], each["text"]] for each in row["responses"] or ()],
        "cluster": row["cluster_id"],
    }
    labels = [[each["annotator"], each["verdict"], each["origin"]] for each in row["labels"] or ()]
    return _sha256(shown), _sha256(sorted(labels))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
