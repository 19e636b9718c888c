"""Stages that can be run again by themselves: what each needs, and which requests are its own."""

from __future__ import annotations

from typing import Literal, TypeAlias

import polars as pl

from data.errors import DataError
from data.run_folder import RunFolder
from data.schemas import PLAN
from data.tables import table
from tasks.combining import ASKING as COMBINED
from tasks.plan import GATHER, JUDGE, VERIFY
from tasks.stages.context import Context

Stage: TypeAlias = Literal["images", "collect", "judge", "probe", "measure", "report"]
STAGES: tuple[Stage, ...] = ("images", "collect", "judge", "probe", "measure", "report")
ASKING = ("collect", "judge", "probe")  # the others make no call
NEEDS = {  # tables
    "images": ("samples",),
    "collect": ("samples", "images"),
    "judge": ("samples", "images"),
    "probe": ("samples", "images"),
    "measure": ("samples", "plan"),
    "report": ("samples", "verdicts", "estimates"),
}


def require_reached(run: RunFolder, stage: Stage) -> None:
    """Refuse a stage of a run that has not come that far.

    Raises:
        DataError: a table that the stage stands on is missing, or judging was never planned.
    """
    missing = [name for name in NEEDS[stage] if not run.has(name)]
    if stage in ("judge", "probe") and run.facts().get("planned", 0) < JUDGE:
        missing.append("plan for judging")
    if missing:
        raise DataError(
            f"run {run.run_id!r} has no {missing[0]} yet, which stage {stage!r} needs; "
            f"`judgeflow resume {run.path}` goes through all stages"
        )


def rounds_of(here: Context, stage: Stage) -> tuple[int, ...]:
    """The rounds in which a stage asks; that of the judges has a third one for cascades."""
    last = (VERIFY,) if here.config.cascades else ()
    asking = {"collect": (GATHER,), "judge": (JUDGE, *last), "probe": (JUDGE, VERIFY)}
    return asking.get(stage, ())


def plan_of(here: Context) -> pl.DataFrame:
    """The rows planned so far."""
    return here.run.table("plan") if here.run.has("plan") else table([], PLAN)


def in_part(rows: pl.DataFrame, part: str | None) -> pl.DataFrame:
    """Those rows of a plan that are the judges' own (`judge`) or a probe's (`probe`); else all."""
    if part not in ("judge", "probe"):
        return rows
    own = pl.col("probe").is_null() | pl.col("probe").is_in(COMBINED)
    return rows.filter(own == (part == "judge"))


def keys_of(rows: pl.DataFrame, part: str | None) -> pl.DataFrame:
    """The distinct requests of a part, in one column."""
    return in_part(rows, part).select("request_key").drop_nulls().unique()


def open_in(here: Context, part: str) -> int:
    """How many requests of the judges or probes have no answer."""
    if part not in ("judge", "probe"):
        return 0
    ended = here.run.answers().filter(pl.col("status").is_in(["answered", "failed"]))
    return keys_of(plan_of(here), part).join(ended, on="request_key", how="anti").height
