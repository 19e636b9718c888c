"""The JSON schema of a verdict, for judges whose endpoint can be held to one."""

from __future__ import annotations

import functools
from typing import Any

from data.records import LETTERS, Mode, Scale
from tasks.prompts import CLAIMS, answer_keys

MOST_LEVELS = 100  # of a scale, to be listed one by one


_CLAIMS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "claim": {"type": "string"},
            "about": {"type": "string", "enum": ["image", "response"]},
            "kind": {
                "type": "string",
                "enum": ["object", "count", "colour", "text", "position", "other"],
            },
            "quote": {"type": "string"},
        },
        "required": ["claim", "about", "kind", "quote"],
        "additionalProperties": False,
    },
}


@functools.lru_cache(maxsize=256)
def verdict_schema(
    mode: Mode, steps: str, responses: int, scale: Scale, labels: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An object with the keys that the prompts ask for, in their order; the verdict comes last.

    Args:
        mode: decides the form of the verdict.
        steps: the prompt setting or other steps; decides what is written before the verdict.
        responses: how many responses are judged.
        scale: of scores.
        labels: what stands in place of the scale's numbers or of A, B and C.
    """
    *texts, verdict = answer_keys(steps)
    properties = {key: _CLAIMS if key == CLAIMS else {"type": "string"} for key in texts}
    return {
        "type": "object",
        "properties": properties | {verdict: _verdict(mode, responses, scale, labels)},
        "required": [*texts, verdict],
        "additionalProperties": False,
    }


def _verdict(mode: Mode, responses: int, scale: Scale, labels: tuple[str, ...]) -> dict[str, Any]:
    if labels:
        return {"type": "string", "enum": list(labels)}
    if mode == "pair":
        return {"type": "string", "enum": ["A", "B", "C"]}
    if mode == "batch":
        letters = list(LETTERS[:responses])
        return {"type": "array", "items": {"type": "string", "enum": letters}}
    if scale.high - scale.low > MOST_LEVELS:
        return {"type": "integer"}
    return {"type": "integer", "enum": list(range(int(scale.low), int(scale.high) + 1))}
