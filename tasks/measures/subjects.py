"""Whose verdicts are measured: every judge, baseline and panel in a mode, beside the labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.records import AnswerMode, Mode
from tasks.measures.evidence import Answers, by_sample
from tasks.measures.labels import repeat_rule
from tasks.measures.memo import remembered

Row = Mapping[str, Any]
KEPT = ("sample_id", "item_id", "cluster_id", "mode", "source", "labels", "responses")
SAID = ("judge", "setting", "sample_id", "repeat", "status", "verdict")


@dataclass(frozen=True)
class Subject:
    """Whose verdicts are measured, and how."""

    judge: str
    mode: AnswerMode
    setting: str
    probe: str | None
    repeat_rule: str
    arm: str | None = None


@remembered
def labelled(samples: pl.DataFrame, mode: Mode) -> list[Row]:
    """The samples of a mode that have a label, as rows of what measures look at.

    Texts of responses are there for pairs alone; equal labels and authors are the same objects.
    """
    rows = samples.filter((pl.col("mode") == mode) & (pl.col("labels").list.len() > 0)).select(KEPT)
    if mode != "pair":
        author = pl.struct(pl.element().struct.field("author"))
        rows = rows.with_columns(pl.col("responses").list.eval(author))
    known: dict[str, Any] = {}
    return [
        {
            **row,
            "labels": known.setdefault(repr(row["labels"]), row["labels"]),
            "responses": known.setdefault(repr(row["responses"]), row["responses"]),
        }
        for row in rows.iter_rows(named=True, buffer_size=5000)
    ]


@remembered
def subjects(verdicts: pl.DataFrame, mode: Mode) -> Sequence[tuple[Subject, Answers]]:
    """Every judge and setting of a mode with its base verdicts by sample."""
    base = verdicts.filter(
        pl.col("probe").is_null() & (pl.col("variant") == "base") & (pl.col("mode") == mode)
    ).select(SAID)
    found = []
    for (judge, setting), group in base.group_by(["judge", "setting"], maintain_order=True):
        rule = repeat_rule(mode, int(group["repeat"].n_unique()))
        found.append((Subject(str(judge), mode, str(setting), None, rule), by_sample(group)))
    return found


def every(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    mode: Mode,
    keep: Callable[[Row], bool] | None = None,
) -> tuple[Sequence[Row], list[tuple[Subject, Answers]]]:
    """The labelled samples that `keep` accepts, and all subjects; none without samples."""
    rows = labelled(samples, mode)
    if keep is not None:
        rows = [row for row in rows if keep(row)]
    return rows, list(subjects(verdicts, mode)) if rows else []
