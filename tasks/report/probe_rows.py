"""The figures of every probe: those that stand for it, and the many others behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl

from tasks.report.card import Heading
from tasks.report.tables import BOARD, CEILING, shown
from tasks.report.words import Names

ORDER = ("probe", "mode", "metric", "judge")


def folded(
    estimates: pl.DataFrame, names: Names, headlines: Mapping[str, Collection[Heading]]
) -> Iterator[dict[str, Any]]:
    """The pooled estimates by probe: the headlines, and the rest."""
    asked = pl.col("probe").is_not_null() & ~pl.col("probe").is_in([CEILING, BOARD])
    rows = estimates.filter(asked & (pl.col("group") == "pooled"))
    ordered = rows.sort(*ORDER, maintain_order=True)
    for (probe,), own in ordered.group_by("probe", maintain_order=True):
        wanted = headlines.get(str(probe), ())
        heads: list[dict[str, Any]] = []
        rest: list[dict[str, Any]] = []
        for row in own.iter_rows(named=True):
            head = (row["mode"], row["arm"], row["metric"]) in wanted
            (heads if head else rest).append(shown(row, names))
        yield {"probe": probe, "heads": heads, "rest": rest}
