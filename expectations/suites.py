"""What must be true of each table before the next stage spends anything on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from expectations.claims import claims
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
from expectations.samples import samples
from expectations.verdicts import verdicts

GATHERED = ["answered", "refused", "truncated", "empty", "failed", "open"]
PROVIDER_ERROR = (
    r"(?i)^\W*(?:(?:http|api|client|server)?\s*error(?: code)?\s*:?\s*)?"
    r"(?:429|50[0234])?\W*(?:too many requests|rate.?limit (?:reached|exceeded)"
    r"|internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out"
    r"|you exceeded your current quota|<html|<!doctype html|error code: \d{3}|\{\W*error\W*:)"
    r"|429 (?:client error: )?too many requests|\bRateLimitError\b"
)
Context = Mapping[str, Any]


def images(frame: pl.DataFrame, context: Context) -> Suite:
    """Images as sent: every one prepared for every endpoint, within its limits.

    `context` has `images` (sha256 of the originals) and `limits` (name to `max_side`,
    `max_bytes`).
    """
    limits = pl.DataFrame(
        [
            {"limits": name, "max_side": rule["max_side"], "max_bytes": rule["max_bytes"]}
            for name, rule in context["limits"].items()
        ],
        schema={"limits": pl.String(), "max_side": pl.Int64(), "max_bytes": pl.Int64()},
    )
    plain = frame.filter(pl.col("change") == "")
    found = plain.select("source_sha256", "limits", pl.lit(True).alias("prepared")).unique()
    wanted = (
        pl.DataFrame(
            {"source_sha256": list(context["images"])}, schema={"source_sha256": pl.String}
        )
        .join(limits.select("limits"), how="cross")
        .join(found, on=["source_sha256", "limits"], how="left", maintain_order="left")
        .select(
            pl.concat_str(["source_sha256", pl.lit(" for "), "limits"]).alias("image"),
            pl.col("prepared").fill_null(False),
        )
    )
    every = holds("prepared", "source_sha256", "every image is prepared for every endpoint")
    return (
        View(wanted, "image", (every,), "images"),
        _sent(frame.join(limits, on="limits", how="left", maintain_order="left")),
        _encoded(plain),
    )


def _sent(frame: pl.DataFrame) -> View:
    derived = frame.select(
        pl.concat_str(
            [pl.coalesce("path", "source_sha256"), pl.lit(" for "), "limits"], ignore_nulls=True
        ).alias("image"),
        "sha256",
        pl.min_horizontal("width", "height").alias("short"),
        (pl.max_horizontal("width", "height") <= pl.col("max_side")).alias("sides_fit"),
        "bytes",
        (pl.col("bytes") <= pl.col("max_bytes")).alias("bytes_fit"),
    )
    rules = (
        present("sha256"),
        digest("sha256"),
        between("short", "width, height", "both sides are at least 1 pixel", min_value=1),
        holds("sides_fit", "width, height", "the sides are within the endpoint's limit"),
        between("bytes", "bytes", "the size is above 0 bytes", min_value=1),
        holds("bytes_fit", "bytes", "the size is within the endpoint's limit"),
        between(
            "short", "width, height", "no side is under 16 pixels", "warning", min_value=16
        ),
    )  # fmt: skip
    return View(derived, "image", rules, "images")


def _encoded(frame: pl.DataFrame) -> View:
    share = frame.select((~pl.col("passed_through")).mean()).item()
    derived = pl.DataFrame(
        {"what": ["images re-encoded"], "share": [share]},
        schema={"what": pl.String(), "share": pl.Float64()},
    )
    words = "at most half of the images are re-encoded"
    rule = between("share", "passed_through", words, "warning", max_value=0.5)
    return View(derived, "what", (rule,), "shares")


def responses(frame: pl.DataFrame, context: Context) -> Suite:
    """Collected candidate responses: real texts, not error pages, not all the same."""
    answered = frame.filter(pl.col("status") == "answered")
    text = pl.col("text").fill_null("")
    derived = frame.select(
        pl.concat_str(["item_id", pl.lit(" by "), "author"], ignore_nulls=True).alias("response"),
        "status",
        pl.when(pl.col("status") == "answered")
        .then(~text.str.contains(PROVIDER_ERROR))
        .alias("no_error_text"),
    )
    items = (
        answered.group_by("item_id", maintain_order=True)
        .agg(pl.col("author").n_unique().alias("authors"), text.n_unique().alias("texts"))
        .select("item_id", ((pl.col("texts") > 1) | (pl.col("authors") < 2)).alias("differ"))
    )
    rules = (
        one_of("status", GATHERED),
        holds("no_error_text", "text", "no response is a provider's error text"),
        *(none_is("status", status, f"no response is {status}") for status in GATHERED[1:]),
    )
    some = at_least(1, "at least one response was answered")
    differ = holds("differ", "text", "the authors of an item do not all say the same", "warning")
    return (
        View(answered.select("item_id"), "item_id", (some,), "answered responses"),
        View(derived, "response", rules, "responses"),
        View(items, "item_id", (differ,), "items"),
    )


def estimates(frame: pl.DataFrame, context: Context) -> Suite:
    """Estimates: numbers or honest blanks, inside their intervals."""
    key = ["judge", "mode", "setting", "probe", "arm", "metric", "group"]
    numbers = [pl.col(name).is_nan().fill_null(False) for name in ("value", "low", "high")]
    inside = (pl.col("low") <= pl.col("value") + 1e-9) & (pl.col("value") <= pl.col("high") + 1e-9)
    derived = frame.select(
        pl.col("judge", "mode", "setting", "metric", "group"),
        pl.col("probe", "arm").fill_null(""),
        pl.concat_str(
            ["judge", "mode", "setting", "probe", "arm", "metric", "group"],
            separator=" / ",
            ignore_nulls=True,
        ).alias("estimate"),
        (~pl.any_horizontal(numbers)).alias("a_number"),
        pl.when(pl.all_horizontal(pl.col("value", "low", "high").is_not_null()))
        .then(inside)
        .alias("inside"),
        "n",
        "n_missing",
        (pl.col("value").is_not_null() | pl.col("note").is_not_null()).alias("explained"),
    )
    rules = (
        at_least(1, "there is at least one estimate", "warning"),
        unique(key),
        holds("a_number", "value, low, high", "no estimate is NaN"),
        holds("inside", "value, low, high", "every value lies in its interval"),
        between("n", "n", "n is not negative", min_value=0),
        between("n_missing", "n_missing", "n_missing is not negative", min_value=0),
        holds("explained", "note", "an estimate that is not defined says why", "warning"),
    )
    return (View(derived, "estimate", rules, "estimates"),)


SUITES: dict[str, Callable[[pl.DataFrame, Context], Suite]] = {
    "samples": samples,
    "images": images,
    "responses": responses,
    "verdicts": verdicts,
    "claims": claims,
    "estimates": estimates,
}
