"""Claims as read: every judgement has its row, and what was found fits what was claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from expectations.rules import Suite, View, at_least, between, holds, one_of, present, unique

PICTURED = ["true", "false", "undecided"]
QUOTED = ["quoted", "misquoted", "no quote"]
NOTHING = ["unreadable", "none"]
KEY = ["sample_id", "judge", "setting", "probe", "variant", "repeat", "number"]


def claims(frame: pl.DataFrame, context: Mapping[str, Any]) -> Suite:
    """The suite of the claims table; `context` is not needed."""
    return (_rows(frame), _judges(frame))


def _rows(frame: pl.DataFrame) -> View:
    found = pl.col("found")
    derived = frame.select(
        *KEY,
        "found",
        pl.concat_str(["sample_id", "judge", "variant", "number"], separator=" / ").alias("claim"),
        (
            pl.when(pl.col("number") == 0)
            .then(found.is_in(NOTHING) & pl.col("claim").is_null())
            .when(pl.col("about") == "image")
            .then(found.is_in(PICTURED))
            .otherwise(found.is_in(QUOTED) & (pl.col("about") == "response"))
        ).alias("fits"),
        (
            pl.col("found_by").is_null() == found.is_in(["undecided", "no quote", *NOTHING])
        ).alias("decided"),
    )  # fmt: skip
    rules = (
        at_least(1, "there is at least one row"),
        present("sample_id"),
        present("judge"),
        unique(KEY),
        one_of("found", [*PICTURED, *QUOTED, *NOTHING]),
        between("number", "number", "a claim's number is 0 to 8", min_value=0, max_value=8),
        holds("fits", "found", "what was found fits what the claim is about"),
        holds("decided", "found_by", "whoever decided a claim is named"),
    )
    return View(derived, "claim", rules, "claims")


def _judges(frame: pl.DataFrame) -> View:
    """One row per judge: judgements without readable claims, claims that nobody decided."""
    picture = pl.col("about") == "image"
    derived = (
        frame.group_by("judge")
        .agg(
            (pl.col("found") == "unreadable").filter(pl.col("number") < 2).mean().alias("unread"),
            (pl.col("found") == "undecided").filter(picture).mean().alias("undecided"),
        )
        .sort("judge")
    )
    rules = (
        between(
            "unread", "found", "at most 10% of a judge's lists of claims are unreadable",
            "warning", max_value=0.1,
        ),
        between(
            "undecided", "found", "at most half of a judge's claims are undecided", "warning",
            max_value=0.5,
        ),
    )  # fmt: skip
    return View(derived, "judge", rules, "judges")
