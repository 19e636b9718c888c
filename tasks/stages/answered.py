"""A run's answers by request key, read when the first one is wanted: texts, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import polars as pl

from data.records import Usage
from data.run_folder import RunFolder
from tasks.probes.kinds import Bill
from tasks.stages.context import Context


class Texts(Mapping[str, str]):
    """What was answered by request key; read from the run when the first one is wanted."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run

    @cached_property
    def _found(self) -> dict[str, str]:
        answers = self._run.table("answers").select("request_key", "text").drop_nulls()
        return dict(answers.iter_rows())

    def __getitem__(self, key: str) -> str:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class Bills(Mapping[str, Bill]):
    """What each answer is billed at, by request key, whether this run paid for it or found it."""

    def __init__(self, here: Context) -> None:
        self._here = here

    @cached_property
    def _found(self) -> dict[str, Bill]:
        columns = ("request_key", "judge", "input_tokens", "output_tokens")
        answers = self._here.run.table("answers").filter(pl.col("status") == "answered")
        found = {}
        for key, judge, read, written in answers.select(columns).iter_rows():
            seat = self._here.seats[judge]
            settle = seat.settle_batch if seat.batched and not seat.free else seat.settle
            usd = settle(Usage(input_tokens=read, output_tokens=written))
            found[key] = Bill(usd, None if read is None or written is None else read + written)
        return found

    def __getitem__(self, key: str) -> Bill:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
