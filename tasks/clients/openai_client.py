"""OpenAI chat completions, and every endpoint that speaks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import openai

from data.records import Answer, FinishReason, ImagePart, Message, Request, Usage
from tasks.clients.bodies import Encoded
from tasks.clients.endpoints import Address, address
from tasks.clients.extras import LOGPROBS, STRUCTURED
from tasks.clients.failures import Client, ImageBytes
from tasks.clients.label_tokens import label_tokens
from tasks.clients.reading import mapping, prose, text_of, whole
from tasks.clients.transport import Heard, HttpClient
from tasks.clients.wire import Wire, http_options
from tasks.judge_config import OpenAIJudge

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "refusal": "refusal",
}


def openai_client(judge: OpenAIJudge, images: ImageBytes, heard: Heard = lambda _: None) -> Client:
    """The client of a judge behind chat completions.

    Raises:
        ConfigError: the base URL cannot be used.
        CredentialsError: the environment variable with the key is not set.
    """
    place = address(judge)
    http = openai.DefaultAioHttpClient(**http_options(place, judge.timeout_s))
    wire = Wire(place, "/chat/completions", openai_sdk(place), http)
    extras = [name for name in (STRUCTURED, LOGPROBS) if getattr(judge, name)]
    return HttpClient(
        ChatCompletions(), wire, images, judge.timeout_s, place.secrets, heard, extras
    )


def openai_sdk(place: Address) -> Callable[[httpx2.AsyncClient], openai.AsyncOpenAI]:
    """Makes the SDK's client for a place on top of an HTTP client; it repeats nothing."""
    return lambda http: openai.AsyncOpenAI(
        api_key=place.key,
        base_url=place.url,
        default_query=place.query,
        max_retries=0,
        http_client=http,
    )


class ChatCompletions:
    """The chat completions protocol."""

    def write(self, request: Request, encoded: Encoded) -> dict[str, Any]:
        """The body: parameters literally, messages in order, images as data URLs."""
        messages = [
            {"role": message.role, "content": _content(message, encoded)}
            for message in request.messages
        ]
        return {**request.params, "model": request.model, "messages": messages}

    def read(self, body: dict[str, Any]) -> Answer | None:
        """The answer in the first choice; `None` without a choice that holds a message."""
        choices = body.get("choices")
        choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
        message = choice.get("message")
        if not isinstance(message, dict):
            return None
        refusal = prose(message.get("refusal"))
        text = text_of(message.get("content"))
        return Answer(
            text=text or refusal or "",
            finish_reason="refusal" if refusal else _finish(choice.get("finish_reason")),
            model=prose(body.get("model")),
            usage=_usage(mapping(body.get("usage"))),
            fingerprint=prose(body.get("system_fingerprint")),
            label_tokens=label_tokens(choice.get("logprobs")),
        )

    def error_in(self, body: dict[str, Any]) -> Any:
        """The error of the body or of its first choice, as some gateways send."""
        choices = body.get("choices")
        first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
        return body.get("error") or first.get("error") or None


def _content(message: Message, encoded: Encoded) -> str | list[dict[str, Any]]:
    """Plain text as a string, which every server reads; anything else as parts."""
    match message.content:
        case (part,) if not isinstance(part, ImagePart):
            return part.text
    return [
        _image(part, encoded)
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in message.content
    ]


def _image(part: ImagePart, encoded: Encoded) -> dict[str, Any]:
    data = encoded(part.sha256, part.media_type)
    return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{data}"}}


def _finish(reason: Any) -> FinishReason:
    # Google appends what its filter objected to: "content_filter: PROHIBITED_CONTENT"
    return _FINISH.get(str(reason).split(":")[0].strip().lower(), "other")


def _usage(usage: dict[str, Any]) -> Usage:
    """Billed tokens.

    Some endpoints leave hidden reasoning out of `completion_tokens` and count it in
    `total_tokens` only; it is billed as output.
    """
    prompt, visible = whole(usage.get("prompt_tokens")), whole(usage.get("completion_tokens"))
    total = whole(usage.get("total_tokens"))
    details = mapping(usage.get("completion_tokens_details"))
    reasoning = whole(details.get("reasoning_tokens"))
    output = visible
    if prompt is not None and visible is not None and total is not None:
        output = max(visible, total - prompt)
        if reasoning is None and output > visible:
            reasoning = output - visible
    return Usage(input_tokens=prompt, output_tokens=output, reasoning_tokens=reasoning)
