"""The quote of a plan: what would be asked, what is paid for already, tokens, price and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data.errors import ConfigError
from data.records import Record
from tasks.judges import Seat


class QuoteLine(Record):
    """Requests of one judge, mode, setting and variant about so many samples.

    Money and tokens are of the uncached ones.

    `expected_usd` and `max_usd` are `None` where the price is unknown. `exact` is false where an
    earlier round must be answered first, so that the line is an upper bound.
    """

    judge: str
    purpose: str
    mode: str
    setting: str
    probe: str | None
    variant: str
    samples: int
    requests: int
    cached: int
    shared: int
    input_tokens: int
    expected_usd: float | None
    max_usd: float | None
    seconds: float
    exact: bool


class QuoteTotal(Record):
    """The sums of a quote; `unpriced` names judges whose price is unknown."""

    requests: int
    cached: int
    to_send: int
    input_tokens: int
    expected_usd: float
    max_usd: float
    seconds: float
    unpriced: tuple[str, ...]
    exact: bool


_COUNTED = ("samples", "requests", "cached", "shared", "input_tokens")
_GROUP = ["judge", "purpose", "mode", "setting", "probe", "variant"]


def quote_lines(plan: pl.DataFrame, cached: set[str], seats: Mapping[str, Seat]) -> list[QuoteLine]:
    """The quote line by line; a request shared by several lines is counted in the first."""
    arm = pl.col("variant").str.split("/").list.first()  # what follows names a claim
    verifying = pl.col("purpose") == "verify"
    marked = plan.with_columns(
        pl.when(verifying).then(arm).otherwise(pl.col("variant")).alias("variant"),
        pl.col("request_key").is_in(list(cached)).fill_null(False).alias("hit"),
        (pl.col("request_key").is_not_null() & ~pl.col("request_key").is_first_distinct()).alias(
            "again"
        ),
    ).with_columns((~pl.col("hit") & ~pl.col("again")).alias("send"))
    sums = marked.group_by(_GROUP, maintain_order=True).agg(
        pl.col("sample_id").n_unique().alias("samples"),
        pl.len().alias("requests"),
        (pl.col("hit") & ~pl.col("again")).sum().alias("cached"),
        pl.col("again").sum().alias("shared"),
        pl.col("send").sum().alias("to_send"),
        pl.col("input_tokens").filter("send").sum(),
        pl.col("expected_usd").filter("send"),
        pl.col("max_usd").filter("send"),
        pl.col("request_key").is_not_null().all().alias("exact"),
    )
    return [_line(row, seats[row["judge"]]) for row in sums.iter_rows(named=True)]


def quote_total(lines: Sequence[QuoteLine]) -> QuoteTotal:
    """The sums of quote lines; judges are asked side by side, so the slowest one counts."""
    seconds: dict[str, float] = {}
    for line in lines:
        seconds[line.judge] = seconds.get(line.judge, 0.0) + line.seconds
    return QuoteTotal(
        requests=sum(line.requests - line.shared for line in lines),
        cached=sum(line.cached for line in lines),
        to_send=sum(line.requests - line.shared - line.cached for line in lines),
        input_tokens=sum(line.input_tokens for line in lines),
        expected_usd=sum(line.expected_usd or 0.0 for line in lines),
        max_usd=sum(line.max_usd or 0.0 for line in lines),
        seconds=max(seconds.values(), default=0.0),
        unpriced=tuple(sorted({line.judge for line in lines if line.max_usd is None})),
        exact=all(line.exact for line in lines),
    )


def require_prices(total: QuoteTotal, max_usd: float | None) -> None:
    """Refuse a limit in USD where a price is unknown.

    Raises:
        ConfigError: naming the judges without a price.
    """
    if max_usd is not None and total.unpriced:
        raise ConfigError(
            f"--max-usd {max_usd:g} cannot be kept: the price of {list(total.unpriced)!r} is "
            "unknown; set the judge's price (input, output: USD per million tokens; image_tokens: "
            "the most one image is billed as) or price_as"
        )


def _line(row: dict[str, Any], seat: Seat) -> QuoteLine:
    to_send = row["to_send"]
    rounds = -(-to_send // max(seat.concurrency, 1))
    return QuoteLine(
        **{name: row[name] for name in (*_GROUP, *_COUNTED)},
        expected_usd=_sum(row["expected_usd"]),
        max_usd=_sum(row["max_usd"]),
        seconds=rounds * seat.expected_seconds,
        exact=row["exact"],
    )


def _sum(values: Sequence[float | None]) -> float | None:
    return None if any(value is None for value in values) else float(sum(v or 0.0 for v in values))
