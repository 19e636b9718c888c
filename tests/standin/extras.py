"""Verdicts that keep to a schema, and log-probabilities of the tokens of a reply."""

from __future__ import annotations

import json
import math
import re
from typing import Any

TOKEN = re.compile(r"\w+|\W")
SAID, OTHERS = 0.7, (0.2, 0.06)  # the probability of a label that is said, and of others there


def schema_in(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema that a request in either protocol asks a reply to keep to."""
    form = body.get("response_format", {}).get("json_schema", {})
    found = form.get("schema") or body.get("output_config", {}).get("format", {}).get("schema")
    return found if isinstance(found, dict) else None


def keeping_to(schema: dict[str, Any], text: str) -> str:
    """A reply as an object of the schema's keys, its verdict in the schema's form."""
    said = json.loads(text)
    *texts, last = schema["required"]
    letters = re.findall(r"\[\[(\w+)\]\]", said["Judgement"])
    verdict: Any = letters if schema["properties"][last]["type"] == "array" else letters[0]
    if schema["properties"][last]["type"] == "integer":
        verdict = int(verdict)
    return json.dumps({**{key: said.get(key, said["Analysis"]) for key in texts}, last: verdict})


def logprobs_of(text: str) -> dict[str, Any]:
    """Log-probabilities as chat completions give them: labels might have been others."""
    return {"content": [_token(token) for token in TOKEN.findall(text)]}


def _token(token: str) -> dict[str, Any]:
    others = [x for x in ("12345" if token.isdigit() else "ABC") if x != token]
    if re.fullmatch(r"[1-5]|[A-C]", token) is None:
        return {"token": token, "logprob": -0.01, "top_logprobs": []}
    chances = dict(zip((token, *others), (SAID, *OTHERS), strict=False))
    top = [{"token": label, "logprob": math.log(p)} for label, p in chances.items()]
    return {"token": token, "logprob": top[0]["logprob"], "top_logprobs": top}
