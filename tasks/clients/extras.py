"""What a judge asks for beside words: a schema for its verdict, log-probabilities of its tokens.

Both are part of the request and so of its key. An endpoint that does not offer one says so with a
400; its client then goes on without, and every answer says what it had to do without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

STRUCTURED, LOGPROBS = "structured", "logprobs"
TOP = 20  # alternatives of a token, the most that OpenAI gives
_NAMED_BY = {
    STRUCTURED: re.compile(r"response_format|json_schema|structured.?output|output_config", re.I),
    LOGPROBS: re.compile(r"log_?prob", re.I),
}


def asked_for(
    client: str, params: Mapping[str, Any], schema: Mapping[str, Any] | None, logprobs: bool
) -> dict[str, Any]:
    """Parameters with those that ask for a schema and for log-probabilities."""
    asked = dict(params)
    if schema is not None and client == "anthropic":
        form = {"type": "json_schema", "schema": schema}
        asked["output_config"] = {**asked.get("output_config", {}), "format": form}
    elif schema is not None:
        named = {"name": "verdict", "strict": True, "schema": schema}
        asked["response_format"] = {"type": "json_schema", "json_schema": named}
    if logprobs:
        asked |= {"logprobs": True, "top_logprobs": TOP}
    return asked


def without(params: Mapping[str, Any], extras: Iterable[str]) -> dict[str, Any]:
    """Parameters that no longer ask for these extras."""
    left = dict(params)
    for extra in extras:
        if extra == LOGPROBS:
            left.pop("logprobs", None)
            left.pop("top_logprobs", None)
        elif "output_config" in left:
            kept = {k: v for k, v in left.pop("output_config").items() if k != "format"}
            left |= {"output_config": kept} if kept else {}
        else:
            left.pop("response_format", None)
    return left


def refused(message: str, asked: Iterable[str]) -> str | None:
    """Which of the extras asked for a rejection speaks of; `None` if of none."""
    return next((extra for extra in asked if _NAMED_BY[extra].search(message)), None)
