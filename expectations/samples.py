"""Samples as loaded: sound labels, the right number of responses, known images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.records import LETTERS, MODES
from expectations.rules import Suite, View, at_least, between, holds, one_of, present, unique
from expectations.verdict_forms import canonical, ranking

TEXTS = pl.col("responses").list.eval(pl.element().struct.field("text"))
SIZE = pl.col("responses").list.len().fill_null(0)


def samples(frame: pl.DataFrame, context: Mapping[str, Any]) -> Suite:
    """The suite of the samples table.

    `context` has `low` and `high` of the scale, `texts` (whether the dataset brings texts),
    `collecting` (whether responses are still to come), `rejected` and `rows` (bad rows, rows
    read).
    """
    labels = _labels(frame)
    return (
        _rows(frame, context),
        _label_view(labels, context),
        _frequent(labels),
        _sides(labels),
        _rejected(context),
    )


def _rows(frame: pl.DataFrame, context: Mapping[str, Any]) -> View:
    right = (
        pl.when(pl.col("mode") == "score")
        .then(SIZE == 1)
        .when(pl.col("mode") == "pair")
        .then(SIZE == 2)
        .when(pl.col("mode") == "batch")
        .then(SIZE.is_between(2, len(LETTERS)))
    )
    fits = right | (SIZE == 0) if context["collecting"] else right
    told = pl.struct("mode", "instruction", TEXTS.list.join("\0").alias("texts"))
    derived = frame.select(
        "sample_id",
        "mode",
        "cluster_id",
        pl.when(pl.lit(bool(context["texts"]))).then(fits).alias("responses_fit"),
        pl.when(pl.lit(bool(context["texts"])) & (SIZE > 0))
        .then(told.hash().cast(pl.String))
        .otherwise(pl.concat_str(pl.lit("no texts: "), pl.int_range(pl.len())))
        .alias("content"),
    )
    rules = (
        at_least(1, "there is at least one sample"),
        present("sample_id"),
        unique(["sample_id"]),
        present("mode"),
        one_of("mode", list(MODES)),
        holds("responses_fit", "responses", "the number of responses fits the mode"),
        present("cluster_id", "warning", mostly=0.99),
        unique(
            ["content"],
            "responses",
            "no two samples have the same mode, instruction and responses",
            "warning",
        ),
    )
    return View(derived, "sample_id", rules)


def _labels(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per label: `sample_id, mode, size, first, second, verdict`.

    `first` and `second` are the lengths of the first two responses, null where there are none.
    """
    lengths = TEXTS.list.eval(pl.element().str.len_chars())
    return (
        frame.filter(pl.col("labels").list.len() > 0)
        .select(
            "sample_id",
            "mode",
            SIZE.alias("size"),
            lengths.list.get(0, null_on_oob=True).alias("first"),
            lengths.list.get(1, null_on_oob=True).alias("second"),
            "labels",
        )
        .explode("labels")
        .with_columns(pl.col("labels").struct.field("verdict"))
        .drop("labels")
    )


def _label_view(labels: pl.DataFrame, context: Mapping[str, Any]) -> View:
    low, high = context["low"], context["high"]
    letters = pl.col("verdict").str.replace_all("=", "")
    well_tied = (pl.col("mode") != "batch") | ranking(pl.col("verdict"))
    complete = (
        (pl.col("mode") != "batch")
        | (pl.col("size") == 0)
        | (letters.str.len_chars() == pl.col("size"))
    )
    fits = (canonical(letters, low, high) & well_tied & complete).fill_null(False)
    words = f"a label is a number from {low:g} to {high:g}, A, B or C, or a whole ranking"
    derived = labels.select("sample_id", fits.alias("fits"))
    return View(derived, "sample_id", (holds("fits", "labels", words),), "labels")


def _frequent(labels: pl.DataFrame) -> View:
    """The most frequent label of each mode."""
    counted = labels.group_by("mode", "verdict").len().sort("len", "verdict", descending=True)
    most = counted.group_by("mode", maintain_order=True).agg(
        pl.col("verdict").first(), (pl.col("len").first() / pl.col("len").sum()).alias("share")
    )
    derived = most.select(
        pl.concat_str(["mode", pl.lit(" label "), "verdict"], ignore_nulls=True).alias("label"),
        "share",
    ).sort("label")
    words = "no label is more than 80% of its mode's"
    rule = between("share", "labels", words, "warning", max_value=0.8)
    return View(derived, "label", (rule,), "modes")


def _sides(labels: pl.DataFrame) -> View:
    """How often each side, and the longer response, wins the decided pairs."""
    decided = labels.filter((pl.col("mode") == "pair") & pl.col("verdict").is_in(["A", "B"]))
    uneven = decided.filter(pl.col("first") != pl.col("second"))
    longer = (pl.col("first") > pl.col("second")) == (pl.col("verdict") == "A")
    derived = pl.DataFrame(
        {
            "what": ["pairs decided for A", "pairs decided for B", "pairs decided for the longer"],
            "side": [
                *(decided.select((pl.col("verdict") == side).mean()).item() for side in "AB"),
                None,
            ],
            "longer": [None, None, uneven.select(longer.mean()).item()],
        },
        schema={"what": pl.String(), "side": pl.Float64(), "longer": pl.Float64()},
    )
    side = "neither side wins more than 80% of the decided pairs"
    length = "the longer response wins at most 75% of the decided pairs"
    rules = (
        between("side", "labels", side, "warning", max_value=0.8),
        between("longer", "responses", length, "warning", max_value=0.75),
    )
    return View(derived, "what", rules, "shares")


def _rejected(context: Mapping[str, Any]) -> View:
    name = f"rejected of {context['rows']} rows read"
    derived = pl.DataFrame({"what": [name], "rejected": [int(context["rejected"])]})
    words = "no row of the dataset is rejected"
    rule = between("rejected", "(rejected rows)", words, "warning", max_value=0)
    return View(derived, "what", (rule,), "counts")
