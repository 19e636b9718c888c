"""The curves a page draws: shares by dose, from the estimates."""

from __future__ import annotations

from typing import Any

import polars as pl

from tasks.report.words import Names

DOSE = "dose:"


def curves(estimates: pl.DataFrame, names: Names) -> list[dict[str, Any]]:
    """Shares by dose with the fitted curve and its threshold, of each judge, setting and arm."""
    rows = estimates.filter(pl.col("group").str.starts_with(DOSE))
    thresholds = {
        (row["judge"], row["setting"], row["arm"]): row
        for row in estimates.filter(pl.col("metric") == "threshold_75").iter_rows(named=True)
    }
    found: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in rows.iter_rows(named=True):
        arms = found.setdefault((row["judge"], row["setting"]), {})
        point = {**row, "dose": float(row["group"].removeprefix(DOSE))}
        arms.setdefault(row["arm"], []).append(point)
    return [
        {
            "name": f"{names(judge)}, {setting}",
            "arms": [
                {"arm": arm, "points": points, "threshold": thresholds.get((judge, setting, arm))}
                for arm, points in arms.items()
            ],
        }
        for (judge, setting), arms in found.items()
    ]
