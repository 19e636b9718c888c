"""How a verdict or label must be written, as expressions over whole columns."""

from __future__ import annotations

import polars as pl

from data.records import LETTERS, YES_NO

NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?(?:e[+-]?[0-9]+)?$"


def canonical(verdict: pl.Expr, low: float, high: float) -> pl.Expr:
    """Whether a verdict is written as its `mode` wants it; null where there is none.

    Score: a number on the scale without needless zeros (`"4"`, `"3.5"`). Pair: `A`, `B` or `C`.
    Batch: the first letters of the alphabet, at least two, each once.
    """
    number = verdict.str.contains(NUMBER) & verdict.cast(pl.Float64, strict=False).is_between(
        low, high
    )
    size = verdict.str.len_chars()
    sorted_letters = verdict.str.split("").list.sort().list.join("")
    ranking = (size >= 2) & (sorted_letters == pl.lit(LETTERS).str.slice(0, size))
    return (
        pl.when(pl.col("mode") == "score")
        .then(number)
        .when(pl.col("mode") == "pair")
        .then(verdict.is_in(["A", "B", "C"]))
        .when(pl.col("mode") == "ask")
        .then(verdict.is_in(list(YES_NO)))
        .otherwise(ranking)
    )


def ranking(label: pl.Expr) -> pl.Expr:
    """Whether a label is letters with ties between neighbours (`"C=DAB"`), but not all of them."""
    return label.str.contains("^[A-Z]+(?:=[A-Z]+)*$") & label.str.contains("[A-Z][A-Z]")
