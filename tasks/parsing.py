"""Reads the final judgement out of a judge's answer, or says why it cannot.

There are no default values: what is not plainly a judgement is `Unparsed` with one of `REASONS`,
or `Refused`. The rules and examples stand in `docs/parsing.md`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from data.records import (
    AnswerMode,
    FinishReason,
    Readable,
    Refused,
    Scale,
    Unparsed,
    Verdict,
)
from tasks.quoted import WORDS, without_quotes
from tasks.verdict_forms import Form, Reading, read_bare, read_value

REASONS = (
    "empty",
    "truncated",
    "no judgement",
    "placeholder",
    "out of scale",
    "not a whole number",
    "contradictory",
    "incomplete ranking",
    "repeated letters",
    "letter out of range",
    "tie in a ranking",
    "not one of the labels",
    "provider error text",
)
LONGEST_VALUE = 2000  # characters after a marker that are looked at
NOISE = re.compile(r"</?s>|<\|[a-z_]{1,20}\|>|<(?:end|start)_of_turn>", re.IGNORECASE)
FENCE = re.compile(r"```[a-zA-Z]*\n?")
STRONG = re.compile(
    r"\b(?:judge?ments?|verdict)\b[\"'*_`\s]*[:=]"
    r"|^[\s#*_\"']*(?:final\s+)?(?:judge?ment|verdict)[\s*_\"'#]*$",
    re.IGNORECASE | re.MULTILINE,
)
WEAK = {
    "score": re.compile(r"\b(?:score|rating)\b[\"'*_`\s]*[:=]", re.IGNORECASE),
    "pair": re.compile(r"\b(?:choice|winner|preference)\b[\"'*_`\s]*[:=]", re.IGNORECASE),
    "batch": re.compile(r"\brank(?:ing)?\b[\"'*_`\s]*[:=]", re.IGNORECASE),
    "ask": re.compile(r"\banswer\b[\"'*_`\s]*[:=]", re.IGNORECASE),
}
STRONG_KEYS = frozenset({"judgement", "judgment", "verdict"})
WEAK_KEYS = {
    "score": frozenset({"score", "rating"}),
    "pair": frozenset({"choice", "winner", "preference"}),
    "batch": frozenset({"rank", "ranking"}),
    "ask": frozenset({"answer"}),
}
BRACKETED = re.compile(r"\[\[[^\[\]\n]{1,24}\]\]")
PROVIDER_ERROR = re.compile(
    r"too many requests|rate.?limit|quota|overloaded|service unavailable|bad gateway"
    r"|gateway time-?out|internal server error|<!doctype html|<html|^\s*(?:http\s*)?error\b"
    r"|api.?key|unauthorized",
    re.IGNORECASE,
)
REFUSAL = re.compile(
    r"\b(?:can(?:no|')t|can not|could ?n[o']t|unable to|won't|not able to|must decline to)\b"
    r"[^.\n]{0,40}\b(?:assist|help|comply|judge|evaluate|rate|score|rank|compare|provide|answer"
    r"|fulfil|continue|do that|do this)"
    r"|我无法|我不能|抱歉|无法提供|lo siento|no puedo|je ne peux pas|désolé|es tut mir leid"
    r"|申し訳",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parsed:
    """A verdict in presented order and the snippet it was read from."""

    verdict: Verdict
    raw: str | None = None


def parse(
    text: str,
    mode: AnswerMode,
    responses: int,
    scale: Scale,
    finish_reason: FinishReason = "stop",
    labels: tuple[str, ...] = (),
) -> Parsed:
    """The final judgement of an answer, in the order the responses were shown.

    `labels` are what was asked for in place of the scale's numbers or of A, B and C.

    >>> parse('{"Analysis": "B: 5", "Judgement": "[[4]]"}', "score", 1, Scale()).verdict
    Scored(status='scored', value=4.0)
    >>> parse("429 Too Many Requests", "score", 1, Scale()).verdict
    Unparsed(status='unparsed', reason='provider error text')
    """
    if finish_reason in {"refusal", "content_filter"}:
        return Parsed(Refused(reason=finish_reason.replace("_", " ")))
    clean = _clean(text)
    cut = finish_reason == "length"
    if not clean:
        return Parsed(Unparsed(reason="truncated" if cut else "empty"))
    reading = _final_judgement(clean, Form(mode, responses, scale, labels), cut)
    if reading is None:
        return Parsed(_without_judgement(clean, cut))
    if isinstance(reading.found, str):
        truncated = cut and reading.found in {"no judgement", "incomplete ranking"}
        return Parsed(Unparsed(reason="truncated" if truncated else reading.found), reading.raw)
    return Parsed(reading.found, reading.raw)


def _clean(text: str) -> str:
    """The text without model end marks and code fences, full-width forms made plain."""
    return FENCE.sub("", NOISE.sub("", unicodedata.normalize("NFKC", text))).strip()


def _final_judgement(text: str, form: Form, cut: bool) -> Reading | None:
    """The reading of whatever states the judgement; `None` if nothing does.

    In order: the text is nothing but a verdict; a JSON object's judgement key; the last
    judgement marker; the last marker of the task's own word; brackets in the last line.
    """
    bare = read_bare(text, form)
    if bare is not None:
        return bare
    found = _json_object(text)
    if found is not None:
        from_json = _from_json(found, form, cut)
        if from_json is not None:
            return from_json
    said = without_quotes(text)
    last_line = said.rsplit("\n", 1)[-1]
    for marker in (STRONG, WEAK[form.mode]):
        if (found_at := _last(marker, said)) is not None:
            return _stated(said, found_at, form, cut)
    brackets = BRACKETED.search(last_line)
    if brackets is not None:
        return read_value(last_line[brackets.start() :], form, cut=cut)
    return None


def _stated(text: str, marker: re.Match[str], form: Form, cut: bool) -> Reading:
    """The reading of what stands after a marker, unless the judge goes on and says otherwise.

    A marker in the middle of a sentence may stand in what the judge tells of a response: a bare
    verdict as the last line then is the judgement, and an answer cut after it has none.
    """
    value = text[marker.end() : marker.end() + LONGEST_VALUE]
    reading = read_value(value, form, cut=cut)
    above, _, last_line = text[marker.end() :].rpartition("\n")
    last = read_bare(last_line, form) if above.strip() and BRACKETED.search(last_line) else None
    told = WORDS.search(text[text.rfind("\n", 0, marker.start()) + 1 : marker.start()]) is not None
    if last is not None and isinstance(last.found, Readable) and last.found != reading.found:
        if told:
            return last
        if isinstance(reading.found, Readable):
            return Reading("contradictory", f"{reading.raw}; {last.raw}"[:200])
    if cut and told and WORDS.search(value.partition(reading.raw or "\0")[2]):
        return Reading("truncated", reading.raw)
    return reading


def _from_json(found: _Object, form: Form, cut: bool) -> Reading | None:
    """The judgement of a JSON object's top-level keys.

    An object that opens the answer is the answer: a different judgement after it contradicts it.
    One quoted inside prose only counts if no judgement follows.
    """
    followed = STRONG.search(found.after) is not None
    if followed and not found.opens:
        return None
    for keys in (STRONG_KEYS, *(() if followed else (WEAK_KEYS[form.mode],))):
        values = [_flat(value) for key, value in found.pairs if key.strip().lower() in keys]
        readings = [read_value(value, form, cut=False) for value in values]
        if not readings:
            continue
        if (value := _after_last(STRONG, found.after)) is not None:
            readings.append(read_value(value, form, cut=cut))
        if any(reading.found != readings[0].found for reading in readings[1:]):
            return Reading("contradictory", "; ".join(str(r.raw) for r in readings)[:200])
        return readings[0]
    return None


def _after_last(marker: re.Pattern[str], text: str) -> str | None:
    """What stands after the last match of a marker; `None` if there is none."""
    match = _last(marker, text)
    return None if match is None else text[match.end() : match.end() + LONGEST_VALUE]


def _last(marker: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in marker.finditer(text):
        found = match
    return found


def _json_object(text: str) -> _Object | None:
    """The first JSON object of the text, if it is valid."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return _Object(value, text[end:], start == 0) if isinstance(value, _Pairs) else None


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key that stands twice is seen."""


_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, strict=False)


@dataclass(frozen=True)
class _Object:
    """A JSON object, the text after it, and whether the text opens with it."""

    pairs: _Pairs
    after: str
    opens: bool


def _flat(value: Any) -> str:
    """A JSON value as the text a judge would have written: lists become a comma list."""
    if isinstance(value, list) and not isinstance(value, _Pairs):
        return ", ".join(_flat(item) for item in value[:64])
    return value if isinstance(value, str) else json.dumps(value)[:200]


def _without_judgement(text: str, cut: bool) -> Verdict:
    if PROVIDER_ERROR.search(text[:400]) and len(text) < 20_000:
        return Unparsed(reason="provider error text")
    if REFUSAL.search(text[:400]):
        return Refused(reason="declined in words")
    return Unparsed(reason="truncated" if cut else "no judgement")
