"""Anthropic messages through the real SDK over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from data.records import Request, TextPart
from tasks.clients.anthropic_client import Messages

if TYPE_CHECKING:
    from tests.tasks.clients.conftest import Desk, Images


def test_an_answer_carries_everything_the_provider_said(desk: Desk) -> None:
    answer = desk.ask("anthropic", TextPart(text="Score it: [[5]]"))
    assert "Judgement" in answer.text
    assert answer.finish_reason == "stop"
    assert answer.model == "judge-1-standin"
    assert answer.usage.input_tokens and answer.usage.output_tokens
    assert answer.latency_s > 0
    assert answer.created_at.endswith("+00:00")


def test_images_arrive_as_the_bytes_of_the_store(desk: Desk, images: Images) -> None:
    first, second = images.add(b"\x89PNG first"), images.add(bytes(range(256)) * 900)
    desk.ask("anthropic", first, second, TextPart(text="Compare"))
    stats = desk.standin.stats()
    assert stats["images"] == {first.sha256: 1, second.sha256: 1}
    assert stats["image_bytes"] == sum(map(len, images.held.values()))


def test_system_texts_stand_apart_and_parts_keep_their_order(
    images: Images, request_to: Callable[..., Request]
) -> None:
    part = images.add(b"png")
    request = request_to("anthropic", TextPart(text="a"), part, system="be fair", top_k=5)
    source = {"type": "base64", "media_type": "image/png", "data": "cG5n"}
    assert Messages().write(request, images.text) == {
        "model": "judge-1",
        "max_tokens": 64,
        "top_k": 5,
        "system": "be fair",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image", "source": source},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("fault", "finish", "text"),
    [("refusal", "refusal", "I cannot judge this."), ("empty", "stop", "")],
)
def test_refusals_and_empty_answers_are_answers(
    desk: Desk, fault: str, finish: str, text: str
) -> None:
    desk.standin.script(sequence=[fault])
    answer = desk.ask("anthropic")
    assert (answer.finish_reason, answer.text) == (finish, text)


def test_a_truncated_answer_says_so_and_keeps_its_text(desk: Desk) -> None:
    desk.standin.script(sequence=["truncated"])
    answer = desk.ask("anthropic")
    assert answer.finish_reason == "length"
    assert answer.text.startswith("{")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop_sequence", "stop"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "other"),
        (None, "other"),
    ],
)
def test_stop_reasons_are_understood(reason: Any, finish: str) -> None:
    answer = Messages().read({"content": [], "stop_reason": reason})
    assert answer is not None
    assert answer.finish_reason == finish


def test_only_text_blocks_make_the_text() -> None:
    blocks = [
        {"type": "thinking", "thinking": "4 or 5?"},
        {"type": "text", "text": "[["},
        {"type": "text", "text": "4]]"},
    ]
    answer = Messages().read({"content": blocks, "stop_reason": "end_turn"})
    assert answer is not None
    assert answer.text == "[[4]]"


def test_usage_counts_cached_input_and_names_reasoning() -> None:
    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": None,
        "output_tokens": 50,
        "output_tokens_details": {"thinking_tokens": 30},
    }
    answer = Messages().read({"content": [], "usage": usage})
    assert answer is not None
    billed = answer.usage
    assert (billed.input_tokens, billed.output_tokens, billed.reasoning_tokens) == (210, 50, 30)


@pytest.mark.parametrize("content", [None, "4", {}])
def test_a_body_without_content_blocks_is_no_answer(content: Any) -> None:
    assert Messages().read({"content": content}) is None
