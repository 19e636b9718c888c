"""A probe's verdicts beside the base verdicts of the same samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from data.records import Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.estimates import Job, estimates, estimates_table
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Measure
from tasks.measures.labels import READABLE
from tasks.measures.subjects import Subject


class Cell(NamedTuple):
    """One verdict of a sample: `None` if it is not readable; `open` if it has no answer yet."""

    variant: str
    repeat: int
    verdict: str | None
    open: bool


PLAIN = Columns(NOTHING, NOTHING)  # sums without levels
Features = Callable[[Mapping[str, Any], Sequence[Cell]], tuple[float, ...] | None]


def probed(
    name: str,
    mode: Mode,
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    features: Features,
    measures: Sequence[Measure],
    bootstrap: BootstrapConfig,
    columns: Columns = PLAIN,
) -> pl.DataFrame:
    """Estimates of a probe in one mode.

    `features` turns a sample and its verdicts (base and probe rows) into the measures' columns,
    or into `None` where they cannot be compared; such samples count as missing.
    """
    rows: list[Estimate] = []
    for judge, setting, group in _groups(name, mode, verdicts):
        cells = _cells(group)
        covered = [s for s in samples.iter_rows(named=True) if s["sample_id"] in cells]
        found = [features(sample, cells[sample["sample_id"]]) for sample in covered]
        width = max((len(row) for row in found if row is not None), default=1)
        found = [row if row is not None and len(row) == width else None for row in found]
        evidence = Evidence(
            columns=columns,
            features=np.array([row or (0.0,) * width for row in found]),
            answered=np.array([row is not None for row in found], dtype=np.int64),
            asked=np.ones(len(found), dtype=np.int64),
        )
        subject = Subject(judge, mode, setting, name, "base and probe rows of the same samples")
        layers = resampling.strata(covered)
        if width > 1:
            rows += estimates([Job(subject, evidence, measures)], layers, bootstrap)
    return estimates_table(rows)


def _groups(
    name: str, mode: Mode, verdicts: pl.DataFrame
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Per judge and setting: the probe's rows and the first base row of the same samples."""
    mine = verdicts.filter((pl.col("probe") == name) & (pl.col("mode") == mode))
    base = verdicts.filter(pl.col("probe").is_null() & (pl.col("repeat") == 0))
    keys = ["judge", "setting", "sample_id"]
    both = pl.concat([base.join(mine.select(keys).unique(), on=keys, how="semi"), mine])
    for (judge, setting), group in both.group_by(keys[:2], maintain_order=True):
        yield str(judge), str(setting), group


def _cells(group: pl.DataFrame) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    chosen = group.select("sample_id", "variant", "repeat", "status", "verdict")
    for sample_id, variant, repeat, status, verdict in chosen.iter_rows():
        readable = verdict if status in READABLE else None
        found.setdefault(sample_id, []).append(Cell(variant, repeat, readable, status == "open"))
    return found
