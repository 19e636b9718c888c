"""What round 1 brought: image descriptions, and candidate responses made into samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import polars as pl

from data.records import Response, Sample


def gathered(plan: pl.DataFrame, answers: pl.DataFrame, purpose: str) -> pl.DataFrame:
    """One row per gathering request: `item_id, author, text, status, reason`.

    `status` is `answered` for a complete text, else `refused`, `truncated`, `empty`, `failed` or
    `open`.
    """
    asked = plan.filter(pl.col("purpose") == purpose).select(
        "sample_id", "item_id", pl.col("judge").alias("author"), "request_key"
    )
    joined = asked.join(answers.drop("judge"), on="request_key", how="left", maintain_order="left")
    finish, text = pl.col("finish_reason"), pl.col("text").str.strip_chars()
    status = (
        pl.when(pl.col("status").is_null() | (pl.col("status") == "open"))
        .then(pl.lit("open"))
        .when(pl.col("status") == "failed")
        .then(pl.lit("failed"))
        .when(finish.is_in(["refusal", "content_filter"]))
        .then(pl.lit("refused"))
        .when(finish == "length")
        .then(pl.lit("truncated"))
        .when(text.fill_null("") == "")
        .then(pl.lit("empty"))
        .otherwise(pl.lit("answered"))
    )
    return joined.select(
        "sample_id", "item_id", "author", "text", status.alias("status"), pl.col("message")
    )


def descriptions(
    found: pl.DataFrame, describer_of: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Description text by (judge, item), from `gathered(..., "describe")`.

    `describer_of` maps a judge to the name of who describes for it.
    """
    texts = {
        (row["author"], row["item_id"]): row["text"]
        for row in found.filter(pl.col("status") == "answered").iter_rows(named=True)
    }
    return {
        (judge, item): text
        for judge, describer in describer_of.items()
        for (author, item), text in texts.items()
        if author == describer
    }


def with_responses(samples: Sequence[Sample], found: pl.DataFrame) -> list[Sample]:
    """Samples with every item's collected responses in place of those that had none.

    A score sample becomes one per responder, a pair sample one per unordered pair of responders,
    a batch sample one with all of them. Collected responses have no labels.
    """
    texts: dict[str, list[Response]] = {}
    for row in found.filter(pl.col("status") == "answered").iter_rows(named=True):
        texts.setdefault(row["item_id"], []).append(
            Response(author=row["author"], text=row["text"])
        )
    filled: list[Sample] = []
    for sample in samples:
        filled += [sample] if sample.responses else _filled(sample, texts.get(sample.item_id, []))
    return filled


def _filled(sample: Sample, responses: Sequence[Response]) -> list[Sample]:
    groups: list[tuple[Response, ...]]
    match sample.mode:
        case "score":
            groups = [(response,) for response in responses]
        case "pair":
            groups = list(combinations(responses, 2))
        case _:
            groups = [tuple(responses)] if len(responses) > 1 else []
    return [
        sample.model_copy(
            update={
                "sample_id": "/".join([sample.sample_id, *(r.author for r in group)]),
                "responses": group,
                "labels": (),
            }
        )
        for group in groups
    ]
