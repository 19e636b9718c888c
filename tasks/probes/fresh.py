"""Probes that draw their own items, apart from the dataset's: what they bring, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import polars as pl

from data.records import Record, Sample
from tasks.config import ProbeConfig
from tasks.probes.kinds import Probe


@dataclass(frozen=True)
class FreshPicture:
    """A drawn picture, the samples about it, and what is true of it.

    `path` is relative to the run's folder and the samples' image references have it; their ids
    are those of `fresh_id`.
    """

    path: str
    content: bytes
    samples: tuple[Sample, ...]
    facts: tuple[Record, ...]


@runtime_checkable
class FreshProbe(Probe, Protocol):
    """A probe that asks about items of its own; they have no base rows."""

    def fresh(self, settings: ProbeConfig, most: int | None) -> Iterator[FreshPicture]:
        """The items, at most so many as the settings' limit and `most` allow."""
        ...


def fresh_id(probe: str, mode: str, key: str) -> str:
    """The id of a sample that a probe draws; no dataset's name has a colon."""
    return f"probe:{probe}/{mode}/{key}"


def of_probe(samples: Sequence[Sample], probe: str) -> list[Sample]:
    """The samples that a probe has drawn."""
    return [sample for sample in samples if sample.sample_id.startswith(f"probe:{probe}/")]


def rows_of_probe(samples: pl.DataFrame, probe: str) -> pl.DataFrame:
    """The rows of the samples that a probe has drawn."""
    return samples.filter(pl.col("sample_id").str.starts_with(f"probe:{probe}/"))
