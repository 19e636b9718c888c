"""From stored answers to verdicts: parsing, and un-permuting into the sample's own order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from data.tables import ROWS_AT_ONCE, VERDICTS, table
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


def verdicts(plan: pl.DataFrame, answers: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """A verdict row for every judging row of the plan, in its order; none vanishes.

    Statuses: `scored`, `chosen`, `ranked` are readable; `unparsed`, `refused`, `failed` carry a
    reason; `open` has no answer yet.
    """
    judging = plan.filter(pl.col("purpose").is_in(["judge", "ask"]))
    return table(_rows(judging, answers, scale), VERDICTS)


def _rows(plan: pl.DataFrame, answers: pl.DataFrame, scale: Scale) -> Iterator[dict[str, Any]]:
    for part in plan.iter_slices(ROWS_AT_ONCE):
        keys = part.select("request_key").unique()
        some = answers.join(keys, on="request_key", how="semi")
        found = {row["request_key"]: row for row in some.iter_rows(named=True)}
        for asked in part.iter_rows(named=True):
            yield _row(asked, found, scale)


def _row(
    asked: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]], scale: Scale
) -> dict[str, Any]:
    row = {name: asked[name] for name in _COPIED}
    if asked["request_key"] is None:
        return row | {"status": "failed", "reason": "there is no image description to judge with"}
    answer = found.get(asked["request_key"])
    if answer is None or answer["status"] == "open":
        reason = "not asked yet" if answer is None else answer["failure"]
        return row | {"status": "open", "reason": reason}
    if answer["status"] == "failed":
        return row | {"status": "failed", "reason": answer["message"]}
    presented = asked["presented"]
    verdict, raw = _read(answer, asked, scale)
    chances = _chances(answer, verdict, raw, _form(asked, scale))
    own = to_own(verdict, presented) if presented else verdict
    if isinstance(own, Unparsed) and own.reason == "truncated" and answer["reasoning_tokens"]:
        own = Unparsed(reason=THOUGHT)
    return row | {
        "status": own.status,
        "verdict": canonical(own),
        "raw_verdict": raw,
        "reason": getattr(own, "reason", None),
        "confidence": max(chances.values()) if chances else None,
    }


def _read(
    answer: Mapping[str, Any], asked: Mapping[str, Any], scale: Scale
) -> tuple[Verdict, str | None]:
    """The verdict in presented order and the snippet it was read from."""
    finish: FinishReason = answer["finish_reason"]
    form = _form(asked, scale)
    read = parse(answer["text"] or "", form.mode, form.responses, scale, finish, form.labels)
    return read.verdict, read.raw


def _form(asked: Mapping[str, Any], scale: Scale) -> Form:
    """What the verdict of a plan's row was to look like."""
    mode: AnswerMode = asked["mode"]
    labels = YES_NO if mode == "ask" else tuple(asked["labels"] or ())
    return Form(mode, len(asked["presented"]), scale, labels)


def _chances(
    answer: Mapping[str, Any], verdict: Verdict, raw: str | None, form: Form
) -> dict[str, float] | None:
    """The probabilities of the labels in the verdict's place, where the answer brought them."""
    if not answer["label_tokens"] or raw is None or not isinstance(verdict, Readable):
        return None
    tokens = LABEL_TOKENS.validate_json(answer["label_tokens"])
    return probabilities(answer["text"] or "", raw, tokens, verdict, form)


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
