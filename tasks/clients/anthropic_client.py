"""Anthropic messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import httpx2

from data.records import Answer, FinishReason, ImagePart, Message, Request, Usage
from tasks.clients.bodies import Encoded
from tasks.clients.endpoints import Address, address
from tasks.clients.extras import STRUCTURED
from tasks.clients.failures import Client, ImageBytes
from tasks.clients.reading import mapping, prose, text_of, whole
from tasks.clients.transport import Heard, HttpClient
from tasks.clients.wire import Wire, http_options
from tasks.judge_config import AnthropicJudge

_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_INPUTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def anthropic_client(
    judge: AnthropicJudge, images: ImageBytes, heard: Heard = lambda _: None
) -> Client:
    """The client of a judge behind Anthropic messages.

    Raises:
        ConfigError: the base URL cannot be used.
        CredentialsError: the environment variable with the key is not set.
    """
    place = address(judge)
    http = anthropic.DefaultAioHttpClient(**http_options(place, judge.timeout_s))
    wire = Wire(place, "/v1/messages", anthropic_sdk(place), http)
    extras = [STRUCTURED] if judge.structured else []
    return HttpClient(Messages(), wire, images, judge.timeout_s, place.secrets, heard, extras)


def anthropic_sdk(place: Address) -> Callable[[httpx2.AsyncClient], anthropic.AsyncAnthropic]:
    """Makes the SDK's client for a place on top of an HTTP client; it repeats nothing."""
    return lambda http: anthropic.AsyncAnthropic(
        api_key=place.key,
        base_url=place.url,
        default_query=place.query,
        max_retries=0,
        http_client=http,
    )


class Messages:
    """The messages protocol."""

    def write(self, request: Request, encoded: Encoded) -> dict[str, Any]:
        """The body: parameters literally, system texts apart, images as base64 blocks."""
        body: dict[str, Any] = {**request.params, "model": request.model}
        system = [_text(message) for message in request.messages if message.role == "system"]
        if system:
            body["system"] = "\n\n".join(system)
        body["messages"] = [
            {"role": "user", "content": _blocks(message, encoded)}
            for message in request.messages
            if message.role == "user"
        ]
        return body

    def read(self, body: dict[str, Any]) -> Answer | None:
        """The answer in the text blocks; `None` without a list of content blocks."""
        content = body.get("content")
        if not isinstance(content, list):
            return None
        return Answer(
            text=text_of(content) or "",
            finish_reason=_FINISH.get(str(body.get("stop_reason")), "other"),
            model=prose(body.get("model")),
            usage=_usage(mapping(body.get("usage"))),
        )

    def error_in(self, body: dict[str, Any]) -> Any:
        """The error of the body."""
        return body.get("error") or None


def _text(message: Message) -> str:
    return "\n\n".join(part.text for part in message.content if not isinstance(part, ImagePart))


def _blocks(message: Message, encoded: Encoded) -> list[dict[str, Any]]:
    return [
        _image(part, encoded)
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in message.content
    ]


def _image(part: ImagePart, encoded: Encoded) -> dict[str, Any]:
    data = encoded(part.sha256, part.media_type)
    source = {"type": "base64", "media_type": part.media_type, "data": data}
    return {"type": "image", "source": source}


def _usage(usage: dict[str, Any]) -> Usage:
    """Billed tokens: `input_tokens` leaves out what was written to or read from a prompt cache."""
    inputs = [count for name in _INPUTS if (count := whole(usage.get(name))) is not None]
    details = mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=sum(inputs) if inputs else None,
        output_tokens=whole(usage.get("output_tokens")),
        reasoning_tokens=whole(details.get("thinking_tokens")),
    )
