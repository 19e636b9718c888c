"""What must be true of each table before the next stage spends anything on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from data.records import MODES
from expectations.rules import Suite, at_least, holds, mean_at_most, one_of, present, unique

READABLE = ["scored", "chosen", "ranked"]
STATUSES = [*READABLE, "unparsed", "refused", "failed", "open"]
PROVIDER_ERROR = r"(?i)^\W*(?:error\W|429|too many requests|rate limit|<html|<!doctype)"
Context = Mapping[str, Any]


def samples(frame: pl.DataFrame, context: Context) -> Suite:
    """Samples as loaded: sound labels, the right number of responses, known images."""
    size = pl.col("responses").list.len().fill_null(0)
    right = (
        pl.when(pl.col("mode") == "score").then(size == 1)
        .when(pl.col("mode") == "pair").then(size == 2)
        .otherwise(size.is_between(2, 26))
    )  # fmt: skip
    allowed = right | (size == 0) if context["collecting"] else right
    labelled = pl.col("labels").list.len().fill_null(0) > 0
    firsts = pl.col("labels").list.first().struct.field("verdict")
    derived = frame.select(
        "sample_id",
        "mode",
        (allowed if context["texts"] else pl.lit(True)).alias("responses_fit"),
        _labels_fit(frame, context).alias("labels_fit"),
        pl.col("cluster_id").is_not_null().alias("image_known"),
        _repeated(frame, context).alias("new"),
        pl.lit(context["rejected"] == 0).alias("nothing_rejected"),
        _share(labelled & (pl.col("mode") != "batch"), firsts).alias("label_share"),
        _longer_wins().alias("longer_wins"),
    )
    rules = (
        at_least(1, "there is at least one sample"),
        present("sample_id"),
        unique(["sample_id"]),
        one_of("mode", list(MODES)),
        holds("responses_fit", "responses", "the number of responses fits the mode"),
        holds("labels_fit", "labels", "labels are canonical and on the scale"),
        holds("image_known", "cluster_id", "the image is known", "warning"),
        holds("new", "responses", "no sample repeats another one", "warning"),
        holds("nothing_rejected", "(rejected rows)", "no row of the dataset is bad", "warning"),
        mean_at_most("label_share", "labels", 0.8, "no label takes more than 80 % of its mode"),
        mean_at_most(
            "longer_wins", "responses", 0.75, "the longer response wins at most 75 % of pairs"
        ),
    )
    return Suite(derived, ("sample_id",), rules)


def images(frame: pl.DataFrame, context: Context) -> Suite:
    """Images as sent: every one prepared for every endpoint, within its limits."""
    wanted = pl.DataFrame(
        [{"source_sha256": sha, "limits": name} for name in sorted(context["limits"])
         for sha in context["images"]],
        schema={"source_sha256": pl.String(), "limits": pl.String()},
    )  # fmt: skip
    limits = pl.DataFrame(
        [
            {"limits": name, "side": rule["max_side"], "size": rule["max_bytes"]}
            for name, rule in context["limits"].items()
        ],
        schema={"limits": pl.String(), "side": pl.Int64(), "size": pl.Int64()},
    )
    both = wanted.join(frame, on=["source_sha256", "limits"], how="left").join(limits, on="limits")
    least, most = pl.min_horizontal("width", "height"), pl.max_horizontal("width", "height")
    derived = both.select(
        pl.coalesce("path", "source_sha256").alias("image"),
        "limits",
        pl.col("sha256").str.contains("^[0-9a-f]{64}$").fill_null(False).alias("prepared"),
        ((least >= 1) & (most <= pl.col("side"))).fill_null(False).alias("sides_fit"),
        pl.col("bytes").is_between(1, pl.col("size")).fill_null(False).alias("bytes_fit"),
        (least >= 16).fill_null(True).alias("legible"),
        (~pl.col("passed_through")).cast(pl.Float64).fill_null(0.0).alias("encoded"),
    )
    rules = (
        holds("prepared", "sha256", "every image is prepared for every endpoint"),
        holds("sides_fit", "width", "the sides are within the endpoint's limit"),
        holds("bytes_fit", "bytes", "the size is within the endpoint's limit"),
        holds("legible", "width", "no side is under 16 pixels", "warning"),
        mean_at_most("encoded", "passed_through", 0.5, "at most half of the images are re-encoded"),
    )
    return Suite(derived, ("image", "limits"), rules)


def responses(frame: pl.DataFrame, context: Context) -> Suite:
    """Collected candidate responses: real texts, from more than an error page."""
    answered = pl.col("status") == "answered"
    text = pl.col("text").fill_null("")
    alike = (text.n_unique().over("item_id") == 1) & (pl.len().over("item_id") > 1)
    derived = frame.select(
        "item_id",
        "author",
        "status",
        answered.any().alias("any_answered"),
        (~(answered & text.str.contains(PROVIDER_ERROR))).alias("no_error_text"),
        answered.alias("answered"),
        (~(answered & alike)).alias("different"),
    )
    rules = (
        at_least(1, "responses were asked for"),
        holds("any_answered", "status", "at least one response was collected"),
        holds("no_error_text", "text", "no response is a provider's error text"),
        holds("answered", "status", "every response was collected", "warning"),
        holds("different", "text", "candidate models answer differently", "warning"),
    )
    return Suite(derived, ("item_id", "author", "status"), rules)


def verdicts(frame: pl.DataFrame, context: Context) -> Suite:
    """Verdicts as read: one state each, canonical, from one model version."""
    baseline = pl.col("judge").str.starts_with("baseline:")
    readable = pl.col("status").is_in(READABLE)
    mixed = [
        judge
        for judge, versions in context["model_versions"].items()
        if len(versions) > 1 and not context["split_versions"]
    ]
    key = ["sample_id", "judge", "setting", "probe", "variant", "repeat", "epoch"]
    known = pl.col("request_key").str.contains("^[0-9a-f]{64}$").fill_null(False)
    one_sided = _share((pl.col("mode") == "pair") & readable, pl.col("verdict"), "judge")
    derived = frame.select(
        *[pl.col(name).fill_null("") if name == "probe" else pl.col(name) for name in key],
        "status",
        (pl.col("verdict").is_not_null() == readable).alias("verdict_where_readable"),
        (_canonical(pl.col("verdict"), context, baseline) | ~readable).alias("canonical"),
        (known | baseline | (pl.col("status") == "failed")).alias("key_known"),
        (readable.any().over("judge") | baseline).alias("some_readable"),
        (~pl.col("judge").is_in(mixed)).alias("one_version"),
        (pl.col("status") != "open").alias("asked"),
        ((one_sided < 0.8) | baseline).alias("not_one_sided"),
        (
            pl.col("status").is_in(["unparsed", "refused"]).mean().over("judge").le(0.1) | baseline
        ).alias("mostly_readable"),
    )
    rules = (
        at_least(1, "there is at least one verdict"),
        unique(key),
        one_of("status", STATUSES),
        holds("verdict_where_readable", "verdict", "a verdict stands exactly where one was read"),
        holds("canonical", "verdict", "verdicts are canonical and on the scale"),
        holds("key_known", "request_key", "every verdict names its request"),
        holds("some_readable", "status", "every judge has a readable verdict"),
        holds("one_version", "judge", "one model version answered for each judge"),
        holds("asked", "status", "every request has an answer", "warning"),
        holds("not_one_sided", "verdict", "no pair verdict takes 80 % of a judge", "warning"),
        holds("mostly_readable", "status", "at most 10 % of a judge are unreadable", "warning"),
    )
    return Suite(derived, ("sample_id", "judge", "setting", "variant"), rules)


def estimates(frame: pl.DataFrame, context: Context) -> Suite:
    """Estimates: numbers or honest blanks, inside their intervals."""
    key = ["judge", "mode", "setting", "probe", "metric", "group"]
    numbers = [pl.col(name).is_nan().fill_null(False) for name in ("value", "low", "high")]
    inside = pl.col("value").is_between(pl.col("low") - 1e-9, pl.col("high") + 1e-9)
    derived = frame.select(
        *[pl.col(name).fill_null("") if name == "probe" else pl.col(name) for name in key],
        (~pl.any_horizontal(numbers)).alias("a_number"),
        inside.fill_null(True).alias("inside"),
        ((pl.col("n") >= 0) & (pl.col("n_missing") >= 0)).alias("counted"),
        (pl.col("value").is_not_null() | pl.col("note").is_not_null()).alias("explained"),
    )
    rules = (
        at_least(1, "there is at least one estimate", "warning"),
        unique(key),
        holds("a_number", "value", "no estimate is NaN"),
        holds("inside", "value", "every value lies in its interval"),
        holds("counted", "n", "counts are not negative"),
        holds("explained", "note", "an estimate that is not defined says why"),
    )
    return Suite(derived, ("judge", "metric", "group"), rules)


SUITES: dict[str, Callable[[pl.DataFrame, Context], Suite]] = {
    "samples": samples,
    "images": images,
    "responses": responses,
    "verdicts": verdicts,
    "estimates": estimates,
}


def _canonical(verdict: pl.Expr, context: Context, decimals: pl.Expr | None = None) -> pl.Expr:
    """Whether a verdict is written as its mode wants; scores may have decimals where they may."""
    number = verdict.cast(pl.Float64, strict=False)
    plain = verdict.str.contains(r"^-?\d+$")
    if decimals is not None:
        plain = plain | (decimals & verdict.str.contains(r"^-?\d+\.\d+$"))
    else:
        plain = verdict.str.contains(r"^-?\d+(?:\.\d+)?$")
    on_scale = plain & number.is_between(context["low"], context["high"])
    letters = verdict.str.split("").list.n_unique() == verdict.str.len_chars()
    return (
        pl.when(pl.col("mode") == "score").then(on_scale)
        .when(pl.col("mode") == "pair").then(verdict.is_in(["A", "B", "C"]))
        .otherwise(verdict.str.contains("^[A-Z]+$") & letters)
        .fill_null(False)
    )  # fmt: skip


def _labels_fit(frame: pl.DataFrame, context: Context) -> pl.Series:
    """For each sample whether all its labels are canonical."""
    single = frame.with_row_index("row").select("row", "mode", "labels").explode("labels")
    judged = single.drop_nulls("labels").select(
        "row",
        _canonical(pl.col("labels").struct.field("verdict"), context).alias("fits"),
    )
    wrong = judged.filter(~pl.col("fits"))["row"].unique().to_list()
    return ~pl.int_range(frame.height, eager=True).is_in(wrong)


def _repeated(frame: pl.DataFrame, context: Context) -> pl.Expr:
    """Whether no earlier sample has the same mode, image, instruction and responses."""
    if not context["texts"]:
        return pl.lit(True)
    texts = pl.col("responses").list.eval(pl.element().struct.field("text")).list.join("\0")
    parts = ["mode", pl.col("cluster_id").fill_null(""), "instruction", texts]
    return pl.concat_str(parts, separator="\1").is_first_distinct()


def _share(where: pl.Expr, value: pl.Expr, *over: str) -> pl.Expr:
    """The share of the most frequent value among the rows of a mode where a condition holds."""
    group = ["mode", *over]
    counted = pl.when(where).then(value)
    most = counted.is_not_null().sum().over([*group, value])
    total = where.fill_null(False).sum().over(group)
    return pl.when(where).then(most / total).otherwise(0.0).max().over(group).fill_null(0.0)


def _longer_wins() -> pl.Expr:
    """1 where the longer response of a decided pair wins, 0 where the shorter, else null."""
    lengths = pl.col("responses").list.eval(pl.element().struct.field("text").str.len_chars())
    first, second = lengths.list.get(0, null_on_oob=True), lengths.list.get(1, null_on_oob=True)
    label = pl.col("labels").list.first().struct.field("verdict")
    decided = (pl.col("mode") == "pair") & label.is_in(["A", "B"]) & (first != second)
    return pl.when(decided).then(((first > second) == (label == "A")).cast(pl.Float64))
