"""Whose verdicts are measured: every judge, baseline and panel in a mode, beside the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.records import Mode
from tasks.measures.evidence import Answers, by_sample
from tasks.measures.labels import repeat_rule

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """Whose verdicts are measured, and how."""

    judge: str
    mode: Mode
    setting: str
    probe: str | None
    repeat_rule: str


def labelled(samples: pl.DataFrame, mode: Mode) -> list[Row]:
    """The samples of a mode that have a label, as rows."""
    rows = samples.filter(pl.col("mode") == mode).iter_rows(named=True)
    return [row for row in rows if row["labels"]]


def subjects(verdicts: pl.DataFrame, mode: Mode) -> Iterator[tuple[Subject, Answers]]:
    """Every judge and setting of a mode with its base verdicts by sample."""
    base = verdicts.filter(
        pl.col("probe").is_null() & (pl.col("variant") == "base") & (pl.col("mode") == mode)
    )
    for (judge, setting), group in base.group_by(["judge", "setting"], maintain_order=True):
        rule = repeat_rule(mode, int(group["repeat"].n_unique()))
        yield Subject(str(judge), mode, str(setting), None, rule), by_sample(group)


def every(
    samples: pl.DataFrame, verdicts: pl.DataFrame, mode: Mode, keep: Callable[[Row], bool] = bool
) -> tuple[Sequence[Row], list[tuple[Subject, Answers]]]:
    """The labelled samples that `keep` accepts, and all subjects; none without samples."""
    rows = [row for row in labelled(samples, mode) if keep(row)]
    return rows, list(subjects(verdicts, mode)) if rows else []
