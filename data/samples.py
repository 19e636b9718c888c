"""Samples as the columns of a table, made as they are wanted, so that few are in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import polars as pl

from data.records import ImageRef, Label, Response, Sample
from data.schemas import SAMPLES
from data.tables import ROWS_AT_ONCE, table


def samples_table(samples: Iterable[Sample]) -> pl.DataFrame:
    """Samples as a table."""
    if isinstance(samples, Samples):
        return samples.frame
    return table((sample.model_dump() for sample in samples), SAMPLES)


class SampleRows:
    """Samples as they are read, kept as columns."""

    def __init__(self) -> None:
        self._new: list[Sample] = []
        self._parts = [pl.DataFrame(schema=SAMPLES)]

    def append(self, sample: Sample) -> None:
        """Add one at the end."""
        self._new.append(sample)
        if len(self._new) >= ROWS_AT_ONCE:
            self._keep()

    def all(self) -> Samples:
        """Those added so far, in order."""
        self._keep()
        return Samples(pl.concat(self._parts))

    def _keep(self) -> None:
        self._parts.append(samples_table(self._new))
        self._new = []


class Samples(Sequence[Sample]):
    """The samples of a table, in its order; made as they are wanted, so that few are in memory."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Sample]:
        for part in self.frame.iter_slices(ROWS_AT_ONCE):
            yield from (_sample(row) for row in part.iter_rows(named=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Samples) and self.frame.equals(other.frame)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> Samples: ...

    def __getitem__(self, index: int | slice) -> Sample | Samples:
        if isinstance(index, slice):
            return Samples(self.frame[index])
        return _sample(self.frame.row(index, named=True))


def _sample(row: dict[str, Any]) -> Sample:
    """One sample; built without validation, because the table was checked when it was read."""
    return Sample.model_construct(
        **{
            **row,
            "images": tuple(ImageRef.model_construct(**i) for i in row["images"] or ()),
            "responses": tuple(Response.model_construct(**r) for r in row["responses"] or ()),
            "labels": tuple(Label.model_construct(**x) for x in row["labels"] or ()),
        }
    )
