"""What the stand-in says: deterministic replies in both protocols, made from the request's bytes.

A reply is no judgement of anything: its verdict follows from a hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from tests.standin.extras import keeping_to, logprobs_of, schema_in

_MARKED = re.compile(r"^=== RESPONSE OF ASSISTANT ([A-Z]) ===$", re.MULTILINE)
_SHOWN = re.compile(r"(?i:assistant|response|answer)[\s_-]{0,3}([A-H])\b")
_RANKING_FORM = re.compile(r"(?:\[\[\w+\]\]\s*[,>]\s*){2,}\[\[")
_SCORE_FORM = re.compile(r"\[\[\s*(?:\d|score\b|n\b|x\b)", re.IGNORECASE)
_SCALE = re.compile(r"\bfrom (\d{1,3}) to (\d{1,3})\b")
_PAIR_FORM = re.compile(r"\[\[(?:[A-C]|LETTER)\]\]")
_NAMED = re.compile(r"\[\[(SCORE|LABEL|WORD)\]\], where \1 is (?!a )(?:one of )?([^.\n]+)")
_RESPONSE = re.compile(r"^=== RESPONSE OF ASSISTANT \w+ ===\n(.+)$", re.MULTILINE)
YES_NO = ["yes", "no", "unsure"]


@dataclass(frozen=True)
class Asked:
    """A request as the stand-in understood it."""

    protocol: str  # "openai" | "anthropic"
    model: str
    text: str
    images: tuple[str, ...]  # base64
    digest: str
    schema: dict[str, Any] | None = None
    logprobs: bool = False


def read_request(protocol: str, content: bytes, digest: str) -> Asked | None:
    """The request in a body; `None` if it is not one that the protocol allows."""
    try:
        body = json.loads(content)
        model, messages = body["model"], body["messages"]
        texts, images = [str(body.get("system", ""))], []
        for message in messages:
            parts = message["content"]
            if isinstance(parts, str):
                texts.append(parts)
                continue
            for part in parts:
                if part["type"] == "text":
                    texts.append(part["text"])
                elif protocol == "openai":
                    url = part["image_url"]["url"]
                    images.append(url.split(";base64,", 1)[1])
                else:
                    images.append(part["source"]["data"])
        if protocol == "anthropic" and "max_tokens" not in body:
            return None
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    extras = schema_in(body), bool(body.get("logprobs"))
    return Asked(protocol, model, "\n".join(texts), tuple(images), digest, *extras)


def verdict(asked: Asked, mode: str = "auto") -> str:
    """Text that holds a verdict of the mode, or prose where no verdict is asked for."""
    seed = int(asked.digest[:12], 16)
    names = _names(asked.text) if mode == "auto" else []
    if names == YES_NO:
        said = {"Observation": f"Stand-in look {seed % 1000}.", "Answer": f"[[{names[seed % 3]}]]"}
        return json.dumps(said)
    mode = "named" if names else mode_of(asked.text) if mode == "auto" else mode
    match mode:
        case "named":
            judgement = f"[[{names[seed % len(names)]}]]"
        case "score":
            low, high = _scale(asked.text)
            judgement = f"[[{low + seed % (high - low + 1)}]]"
        case "pair":
            judgement = f"[[{'ABC'[seed % 3]}]]"
        case "batch":
            letters = _letters(asked.text)
            order = sorted(letters, key=lambda x: hashlib.sha256(f"{seed}{x}".encode()).digest())
            judgement = ", ".join(f"[[{letter}]]" for letter in order)
        case _:
            return f"Stand-in prose number {seed % 1000}: a chart, a dog, a street sign."
    said = {"Analysis": f"Stand-in analysis {seed % 1000}.", "Judgement": judgement}
    claimed = {"Claims": _claims(asked)} if '"Claims"' in _head(asked.text) else {}
    text = json.dumps({**claimed, **said})
    return text if asked.schema is None else keeping_to(asked.schema, text)


def mode_of(text: str) -> str:
    """The mode of a prompt, told by the form of verdict it asks for; `""` if it asks for none."""
    head = _head(text)
    if _RANKING_FORM.search(head):
        return "batch"
    if _SCORE_FORM.search(head):
        return "score"
    return "pair" if _PAIR_FORM.search(head) else ""


def _head(text: str) -> str:
    """What stands before the material, which may hold any brackets."""
    return text.split("\n===", 1)[0]


def _names(text: str) -> list[str]:
    """What may stand in the brackets where the prompt lists it: labels of its own, yes or no."""
    around = (_head(text), text.rsplit("\n===", 1)[-1])
    found = next((named for part in around if (named := _NAMED.search(part))), None)
    if found is None:
        return []
    return re.split(r",\s*|\s+or\s+", found[2].removesuffix(", lowest first"))


def _claims(asked: Asked) -> list[dict[str, str]]:
    """Up to three claims about the picture, and one that quotes a response."""
    seed = int(asked.digest[12:24], 16)
    claims = [
        {"claim": f"Detail {number} is there.", "about": "image", "kind": "other", "quote": ""}
        for number in range(seed % 50, seed % 50 + seed % 4)
    ]
    for first in _RESPONSE.findall(asked.text)[:1]:
        quote = " ".join(first.split()[:4])
        about = {"about": "response", "kind": "text", "quote": quote}
        claims.append({"claim": f"A response begins with {quote!r}.", **about})
    return claims


def _scale(text: str) -> tuple[int, int]:
    """The ends of the scale that the prompt names, else 1 and 5."""
    named = _SCALE.search(text)
    low, high = (int(named[1]), int(named[2])) if named else (1, 5)
    return (low, high) if low < high else (1, 5)


def _letters(text: str) -> list[str]:
    return sorted(set(_MARKED.findall(text) or _SHOWN.findall(text)) or "ABCD")


def usage_of(asked: Asked, text: str) -> tuple[int, int]:
    """Plausible input and output tokens."""
    return len(asked.text) // 4 + 765 * len(asked.images) + 8, len(text) // 4 + 1


def reply_body(
    asked: Asked, text: str, finish: str = "stop", reasoning: int = 0, **more: Any
) -> bytes:
    """A complete reply; `finish` in the words of chat completions, `reasoning` hidden tokens."""
    tokens_in, tokens_out = usage_of(asked, text)
    tokens_out += reasoning
    model = f"{asked.model}-standin"
    body: dict[str, Any]
    if asked.protocol == "openai":
        message = {"role": "assistant", "content": text, "refusal": None}
        if finish == "refusal":
            message, finish = {**message, "content": None, "refusal": text}, "stop"
        body = {
            "id": f"chatcmpl-{asked.digest[:16]}",
            "object": "chat.completion",
            "created": 1790000000,
            "model": model,
            "system_fingerprint": "fp_standin",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish,
                    "message": message,
                    "logprobs": logprobs_of(text) if asked.logprobs else None,
                }
            ],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
                "completion_tokens_details": {"reasoning_tokens": reasoning},
            },
        }
    else:
        stop = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
        body = {
            "id": f"msg_{asked.digest[:16]}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": stop.get(finish, finish),
            "stop_sequence": None,
            "usage": {
                "input_tokens": tokens_in,
                "output_tokens": tokens_out,
                "output_tokens_details": {"thinking_tokens": reasoning},
            },
        }
    return json.dumps({**body, **more}).encode()


def image_sha256(data: str) -> tuple[str, int]:
    """sha256 and number of the bytes behind base64."""
    raw = base64.b64decode(data)
    return hashlib.sha256(raw).hexdigest(), len(raw)
