"""From stored answers to verdicts: parsing, and un-permuting into the sample's own order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.records import (
    LABEL_TOKENS,
    YES_NO,
    AnswerMode,
    Chosen,
    FinishReason,
    Ranked,
    Readable,
    Said,
    Scale,
    Scored,
    Unparsed,
    Verdict,
)
from data.schemas import VERDICTS
from data.tables import ROWS_AT_ONCE, table
from tasks.parsing import parse
from tasks.presenting import to_own
from tasks.sureness import probabilities
from tasks.verdict_forms import Form

THOUGHT = "truncated while thinking"  # the tokens went into hidden reasoning
_COPIED = (
    "sample_id",
    "item_id",
    "cluster_id",
    "mode",
    "source",
    "judge",
    "setting",
    "probe",
    "variant",
    "repeat",
    "epoch",
    "request_key",
)
_ANSWERED = (
    "request_key",
    "status",
    "text",
    "finish_reason",
    "reasoning_tokens",
    "label_tokens",
    "failure",
    "message",
)
_FOUND = pl.Schema(
    {name: VERDICTS[name] for name in ("status", "verdict", "raw_verdict", "reason", "confidence")}
)


def verdicts(plan: pl.DataFrame, answers: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """A verdict row for every judging row of the plan, in its order; none vanishes.

    Of several answers to one request the last counts. Statuses: `scored`, `chosen`, `ranked` are
    readable; `unparsed`, `refused`, `failed` carry a reason; `open` has no answer yet.
    """
    judging = plan.filter(pl.col("purpose").is_in(["judge", "ask", "verify"]))
    latest = answers.select(_ANSWERED).unique("request_key", keep="last")
    parts = [_part(part, latest, scale) for part in judging.iter_slices(ROWS_AT_ONCE)]
    return pl.concat([pl.DataFrame(schema=VERDICTS), *parts])


def _part(asked: pl.DataFrame, answers: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Verdicts of some rows; what the plan says of them stays in columns."""
    rows = asked.select("request_key", "mode", "presented", "labels").join(
        answers, on="request_key", how="left", maintain_order="left"
    )
    found = table((_found(row, scale) for row in rows.iter_rows(named=True)), _FOUND)
    return asked.select(_COPIED).hstack(found).select(list(VERDICTS))


def _found(row: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """What came of a row: columns of `_FOUND`."""
    if row["request_key"] is None:
        return {"status": "failed", "reason": "there is no image description to judge with"}
    if row["status"] is None or row["status"] == "open":
        return {"status": "open", "reason": row["failure"] or "not asked yet"}
    if row["status"] == "failed":
        return {"status": "failed", "reason": row["message"]}
    presented = row["presented"]
    form = _form(row, scale)
    verdict, raw = _read(row, form)
    chances = _chances(row, verdict, raw, form)
    own = to_own(verdict, presented) if presented else verdict
    if isinstance(own, Unparsed) and own.reason == "truncated" and row["reasoning_tokens"]:
        own = Unparsed(reason=THOUGHT)
    return {
        "status": own.status,
        "verdict": canonical(own),
        "raw_verdict": raw,
        "reason": getattr(own, "reason", None),
        "confidence": max(chances.values()) if chances else None,
    }


def _form(row: Mapping[str, Any], scale: Scale) -> Form:
    """What the verdict of a plan's row was to look like."""
    mode: AnswerMode = row["mode"]
    labels = YES_NO if mode == "ask" else tuple(row["labels"] or ())
    return Form(mode, len(row["presented"]), scale, labels)


def _read(row: Mapping[str, Any], form: Form) -> tuple[Verdict, str | None]:
    """The verdict in presented order and the snippet it was read from."""
    finish: FinishReason = row["finish_reason"]
    read = parse(row["text"] or "", form.mode, form.responses, form.scale, finish, form.labels)
    return read.verdict, read.raw


def _chances(
    row: Mapping[str, Any], verdict: Verdict, raw: str | None, form: Form
) -> dict[str, float] | None:
    """The probabilities of the labels in the verdict's place, where the answer brought them."""
    if not row["label_tokens"] or raw is None or not isinstance(verdict, Readable):
        return None
    tokens = LABEL_TOKENS.validate_json(row["label_tokens"])
    return probabilities(row["text"] or "", raw, tokens, verdict, form)


def canonical(verdict: Verdict) -> str | None:
    """The table form of a readable verdict: `"4"`, `"A"`, `"CDAB"`; otherwise `None`."""
    match verdict:
        case Scored(value=value):
            return f"{value:g}"
        case Chosen(value=letter):
            return letter
        case Ranked(value=letters):
            return letters
        case Said(value=word):
            return word
    return None
