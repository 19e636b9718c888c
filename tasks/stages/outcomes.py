"""What became of a shard's requests, as rows of the answers and as counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from data.records import LABEL_TOKENS
from tasks.jobs import Outcome


def answer_row(outcome: Outcome) -> dict[str, Any]:
    """A row of `data.schemas.ANSWERS`."""
    row: dict[str, Any] = {"request_key": outcome.job.key, "judge": outcome.job.judge}
    answer, failure = outcome.answer, outcome.failure
    if answer is not None:
        return row | {
            "status": "answered",
            "cached": outcome.cached,
            "usd": outcome.usd,
            **answer.model_dump(exclude={"usage", "label_tokens"}),
            **answer.usage.model_dump(),
            "label_tokens": LABEL_TOKENS.dump_json(answer.label_tokens).decode()
            if answer.label_tokens
            else None,
        }
    assert failure is not None
    gone = failure.kind in {"bad_request"}
    return row | {
        "status": "failed" if gone else "open",
        "failure": failure.kind,
        "message": failure.message,
        "attempts": failure.attempts,
        "cached": False,
    }


def counts_of(shard: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How the requests of a shard ended."""
    answered = [outcome for outcome in outcomes if outcome.answer is not None]
    failed = [o for o in outcomes if o.failure is not None and o.failure.kind == "bad_request"]
    return {
        "shard": shard,
        "requests": len(outcomes),
        "cached": sum(outcome.cached for outcome in answered),
        "sent": sum(not outcome.cached for outcome in answered),
        "failed": len(failed),
        "open": len(outcomes) - len(answered) - len(failed),
    }


def answers_after(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """A shard's answers once it was asked again; an open row replaces none that had an end."""
    ended = before.filter(pl.col("status") != "open")["request_key"].to_list()
    new = now.filter((pl.col("status") != "open") | ~pl.col("request_key").is_in(ended))
    return pl.concat([before.join(new, on="request_key", how="anti"), new])
