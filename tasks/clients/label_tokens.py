"""The tokens of an answer that could be a verdict, and how likely each label was there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from data.records import LabelToken
from tasks.clients.reading import mapping, prose

_MARKS = " \t\n\"'`*_[](){}:,.<>#$\\"
_LABEL = re.compile(r"\d{1,3}|[A-Z]")


def label_tokens(logprobs: Any) -> tuple[LabelToken, ...]:
    """Tokens that are a number or a capital letter but for marks around it.

    Args:
        logprobs: the `logprobs` of a choice of chat completions; anything odd gives no tokens.

    Returns:
        Where each starts in the text, and the log-probabilities of all labels in its place,
        most likely first.
    """
    found, at = [], 0
    listed = mapping(logprobs).get("content")
    for token in listed if isinstance(listed, list) else ():
        text = prose(mapping(token).get("token"))
        if text is None:
            return ()
        if _label(text) is not None:
            found.append(LabelToken(at=at, options=_options(token)))
        at += len(text)
    return tuple(found)


def _options(token: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    others = token.get("top_logprobs")
    chances: dict[str, float] = {}
    seen: set[str] = set()
    for one in (token, *(others if isinstance(others, list) else ())):
        text, logprob = prose(mapping(one).get("token")), mapping(one).get("logprob")
        label = None if text is None else _label(text)
        if text in seen or label is None or not isinstance(logprob, int | float):
            continue
        seen.add(str(text))
        if not math.isnan(logprob):  # tokens that differ in marks alone mean the same label
            chances[label] = chances.get(label, 0.0) + math.exp(min(0.0, logprob))
    ranked = sorted(chances.items(), key=lambda item: -item[1])
    return tuple((label, round(math.log(max(p, 1e-30)), 5)) for label, p in ranked)


def _label(text: str) -> str | None:
    bare = text.strip(_MARKS)
    return bare if _LABEL.fullmatch(bare) else None
