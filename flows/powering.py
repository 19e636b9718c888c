"""`judgeflow power`: how many images are needed to see a difference, from a run or from a guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from data.errors import ConfigError, DataError
from data.run_folder import RunFolder
from flows.terminal import show, table
from tasks.measures import primary
from tasks.measures.power import (
    deviation_per_image,
    images_needed,
    of_difference,
    smallest_difference,
)

COLUMNS = ["mode", "judge", "setting", "measure", "images", "smallest_difference", "images_needed"]


def print_power(
    run: Path | None,
    sd: float | None,
    difference: float,
    as_json: bool,
    *,
    correlation: float,
    power: float,
    level: float,
) -> None:
    """Print what each judge of a run (or a guessed deviation per image) can see and would need.

    Raises:
        ConfigError: neither or both of a run and a deviation were given.
        DataError: the run has no estimate with an interval.
    """
    if (run is None) == (sd is None):
        raise ConfigError("give either --run RUN or --sd DEVIATION_PER_IMAGE")
    if sd is not None:
        found: list[dict[str, Any]] = [{"judge": "(guess)", "sd_per_image": sd, "images": None}]
    else:
        assert run is not None
        found = _from_run(RunFolder.open(run))
    for row in found:
        deviation = of_difference(row["sd_per_image"], correlation)
        row["images_needed"] = images_needed(deviation, difference, level, power)
        if row["images"] is not None:
            row["smallest_difference"] = smallest_difference(deviation, row["images"], level, power)
    asked = {"difference": difference, "level": level, "power": power, "correlation": correlation}
    show({**asked, "judges": found}, as_json, _text)


def _from_run(run: RunFolder) -> list[dict[str, Any]]:
    chosen = run.table("estimates").filter(
        (pl.col("group") == "pooled")
        & pl.col("probe").is_null()
        & pl.col("metric").is_in(list(primary().values()))
        & pl.col("low").is_not_null()
        & ~pl.col("judge").str.starts_with("baseline:")
    )
    if chosen.is_empty():
        raise DataError(f"run {run.run_id!r} has no estimate with an interval")
    return [
        {
            "mode": row["mode"],
            "judge": row["judge"],
            "setting": row["setting"],
            "measure": row["metric"],
            "value": row["value"],
            "images": row["clusters"],
            "clustered": row["clustered"],
            "sd_per_image": deviation_per_image(
                row["low"], row["high"], row["level"], row["clusters"]
            ),
        }
        for row in chosen.iter_rows(named=True)
    ]


def _text(result: dict[str, Any]) -> str:
    columns = COLUMNS if "mode" in result["judges"][0] else ["judge", "images_needed"]
    unknown = [row for row in result["judges"] if row.get("clustered") is False]
    rows = "rows stand for images where those are unknown" if unknown else ""
    promise = (
        f"a difference of {result['difference']:g} between two figures on the same images that "
        f"correlate by {result['correlation']:g}, found with probability {result['power']:g} by a "
        f"two-sided test at {1 - result['level']:.3g}"
    )
    return "\n".join(filter(None, [table(result["judges"], columns), "", promise, rows]))
