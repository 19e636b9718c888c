"""Verdicts as read: one state each, canonical, from one model version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data import made_judges
from data.records import READABLE
from expectations.rules import (
    Suite,
    View,
    at_least,
    between,
    digest,
    holds,
    none_is,
    one_of,
    present,
    unique,
)
from expectations.verdict_forms import canonical

STATUSES = [*READABLE, "unparsed", "refused", "failed", "open"]
KEY = ["sample_id", "judge", "setting", "probe", "variant", "repeat", "epoch"]
MADE = pl.col("judge").str.contains(made_judges.MADE)
EACH = "^([0-9a-f]{64})( [0-9a-f]{64})*$"
COMBINED = pl.col("judge").str.contains(made_judges.COMBINED)


def verdicts(frame: pl.DataFrame, context: Mapping[str, Any]) -> Suite:
    """The suite of the verdicts table.

    `context` has `low` and `high` of the scale, `model_versions` (judge to reported versions) and
    `split_versions`. Baselines and panels make no request; what is said of judges is not asked of
    them.
    """
    views = (_rows(frame, context), _judges(frame))
    if context.get("split_versions"):
        return views
    return (*views, _versions(context.get("model_versions") or {}))


def _rows(frame: pl.DataFrame, context: Mapping[str, Any]) -> View:
    readable = pl.col("status").is_in(READABLE)
    low, high = context["low"], context["high"]
    written = frame.select("mode", "verdict").unique()  # few, and looking at one takes memory
    forms = written.with_columns(canonical(pl.col("verdict"), low, high).alias("canonical"))
    derived = frame.join(
        forms, on=["mode", "verdict"], how="left", nulls_equal=True, maintain_order="left"
    ).select(
        pl.col("sample_id", "judge", "setting", "variant", "epoch"),
        pl.col("probe").fill_null(""),
        pl.col("repeat"),
        "status",
        pl.when(COMBINED)  # all requests that the verdict stands on
        .then(pl.col("request_key").str.replace(EACH, "$1"))
        .otherwise("request_key")
        .alias("request_key"),
        pl.concat_str(
            ["sample_id", "judge", "setting", "variant"], separator=" / ", ignore_nulls=True
        ).alias("row"),
        (pl.col("verdict").is_not_null() == readable).alias("verdict_where_readable"),
        "canonical",
        pl.when(pl.col("request_key").is_null())
        .then(MADE | (pl.col("status") == "failed"))
        .alias("may_lack_key"),
    )
    form = f"a verdict is a number from {low:g} to {high:g}, A, B or C, or a whole ranking"
    rules = (
        at_least(1, "there is at least one verdict"),
        *(present(name) for name in ("sample_id", "judge", "setting", "variant", "status")),
        unique(KEY),
        one_of("status", STATUSES),
        holds("verdict_where_readable", "verdict", "a verdict stands exactly where one was read"),
        holds("canonical", "verdict", form),
        digest("request_key"),
        holds("may_lack_key", "request_key", "every verdict of a judge names its request"),
        none_is("status", "open", "every request has an answer"),
    )
    return View(derived, "row", rules)


def _judges(frame: pl.DataFrame) -> View:
    """One row per judge; the share of its most frequent pair verdict is over base rows."""
    asked = pl.col("status") != "open"
    pairs = (
        (pl.col("mode") == "pair") & pl.col("probe").is_null() & pl.col("status").is_in(READABLE)
    )
    chosen = pl.col("verdict").filter(pairs)
    derived = (
        frame.filter(~MADE)
        .group_by("judge")
        .agg(
            pl.when(asked.any())
            .then(pl.col("status").is_in(READABLE).sum().cast(pl.Int64))
            .alias("readable"),
            pl.col("status").filter(asked).is_in(["unparsed", "refused"]).mean().alias("unread"),
            chosen.unique_counts().max().alias("most"),
            chosen.len().alias("pairs"),
        )
        .select(
            "judge",
            "readable",
            "unread",
            pl.when(pl.col("pairs") > 0).then(pl.col("most") / pl.col("pairs")).alias("one_sided"),
        )
        .sort("judge")
    )
    rules = (
        between("readable", "status", "a judge that was asked has a readable verdict", min_value=1),
        between(
            "one_sided", "verdict", "no verdict is 80% of a judge's pairs", "warning",
            max_value=0.8, strict_max=True,
        ),
        between(
            "unread", "status", "at most 10% of a judge's answers are unparsed or refused",
            "warning", max_value=0.1,
        ),
    )  # fmt: skip
    return View(derived, "judge", rules, "judges")


def _versions(versions: Mapping[str, list[str]]) -> View:
    derived = pl.DataFrame(
        [
            {"judge": f"{judge} ({', '.join(names)})", "versions": len(set(names))}
            for judge, names in sorted(versions.items())
        ],
        schema={"judge": pl.String(), "versions": pl.Int64()},
    )
    words = (
        "each judge has one model version (mixed model versions: --split-versions reports them "
        "apart, --epoch NAME asks afresh)"
    )
    return View(derived, "judge", (between("versions", "judge", words, max_value=1),), "judges")
