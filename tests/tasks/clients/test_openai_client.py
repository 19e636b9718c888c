"""Chat completions through the real SDK over real HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from data.records import Request, TextPart
from tasks.clients.failures import CallError
from tasks.clients.openai_client import ChatCompletions

if TYPE_CHECKING:
    from tests.standin.control import StandinControl
    from tests.tasks.clients.conftest import Desk, Images


def reply(**changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "4"} | changes.pop("message", {})
    choice = {"index": 0, "finish_reason": "stop", "message": message} | changes.pop("choice", {})
    return {"model": "gpt-x-2026", "choices": [choice], **changes}


def test_an_answer_carries_everything_the_provider_said(desk: Desk) -> None:
    answer = desk.ask("openai", TextPart(text="Score it: [[5]]"))
    assert "Judgement" in answer.text
    assert answer.finish_reason == "stop"
    assert answer.model == "judge-1-standin"
    assert answer.fingerprint == "fp_standin"
    assert answer.usage.input_tokens and answer.usage.output_tokens
    assert answer.usage.reasoning_tokens == 0
    assert answer.latency_s > 0
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(answer.created_at)
    assert dt.timedelta(0) <= age < dt.timedelta(minutes=1)


def test_images_arrive_as_the_bytes_of_the_store(desk: Desk, images: Images) -> None:
    first, second = images.add(b"\x89PNG first"), images.add(bytes(range(256)) * 900)
    desk.ask("openai", TextPart(text="See"), first, TextPart(text="and"), second)
    stats = desk.standin.stats()
    assert stats["images"] == {first.sha256: 1, second.sha256: 1}
    assert stats["image_bytes"] == sum(map(len, images.held.values()))


def test_parts_keep_their_order_and_lone_text_is_a_string(
    images: Images, request_to: Callable[..., Request]
) -> None:
    part = images.add(b"png")
    request = request_to("openai", TextPart(text="a"), part, TextPart(text="b"), system="be fair")
    body = ChatCompletions().write(request, images.text)
    assert body["messages"][0] == {"role": "system", "content": "be fair"}
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
        {"type": "text", "text": "b"},
    ]


def test_parameters_travel_literally(images: Images, request_to: Callable[..., Request]) -> None:
    params: dict[str, Any] = {"top_k": 5, "timeout": 3, "extra_body": {"x": None}, "seed": 1}
    body = ChatCompletions().write(request_to("openai", **params), images.text)
    assert {name: body[name] for name in params} == params
    assert (body["max_tokens"], body["model"]) == (64, "judge-1")


def test_a_query_in_the_base_url_is_sent_and_its_values_are_secret(
    desk: Desk, standin: StandinControl
) -> None:
    url = f"{standin.openai_url}/?api-version=2026-01&sig=topsecret99"
    assert desk.ask("openai", base_url=url).finish_reason == "stop"
    assert standin.stats()["last_query"] == "api-version=2026-01&sig=topsecret99"
    standin.script(sequence=["error-in-200"], error={"message": "bad sig topsecret99"})
    with pytest.raises(CallError, match=r"bad sig \*\*\*"):
        desk.ask("openai", base_url=url)


@pytest.mark.parametrize(
    ("fault", "finish", "text"),
    [
        ("refusal", "refusal", "I cannot judge this."),
        ("content-filter", "content_filter", "I cannot judge this."),
        ("empty", "stop", ""),
    ],
)
def test_refusals_and_empty_answers_are_answers(
    desk: Desk, fault: str, finish: str, text: str
) -> None:
    desk.standin.script(sequence=[fault])
    answer = desk.ask("openai")
    assert (answer.finish_reason, answer.text) == (finish, text)


def test_a_truncated_answer_says_so_and_keeps_its_text(desk: Desk) -> None:
    desk.standin.script(sequence=["truncated"])
    answer = desk.ask("openai")
    assert answer.finish_reason == "length"
    assert answer.text.startswith("{")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("max_tokens", "length"),
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("tool_calls", "other"),
        (None, "other"),
    ],
)
def test_finish_reasons_of_other_endpoints_are_understood(reason: Any, finish: str) -> None:
    answer = ChatCompletions().read(reply(choice={"finish_reason": reason}))
    assert answer is not None
    assert answer.finish_reason == finish


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, (10, 5, None)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 50,
                "total_tokens": 60,
                "completion_tokens_details": {"reasoning_tokens": 40},
            },
            (10, 50, 40),
        ),
        # hidden reasoning that only the total counts
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}, (10, 105, 100)),
        ({"prompt_tokens": 10}, (10, None, None)),
        ({"prompt_tokens": "ten", "completion_tokens": -1}, (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_usage_counts_what_is_billed(usage: Any, expected: tuple[int | None, ...]) -> None:
    answer = ChatCompletions().read(reply(usage=usage))
    assert answer is not None
    billed = answer.usage
    assert (billed.input_tokens, billed.output_tokens, billed.reasoning_tokens) == expected


def test_content_may_be_a_list_of_parts_and_may_hold_a_lone_surrogate() -> None:
    parts = [{"type": "text", "text": "4\ud800"}, {"type": "reasoning", "text": "hidden"}]
    answer = ChatCompletions().read(reply(message={"content": parts}))
    assert answer is not None
    assert answer.text == "4?"


@pytest.mark.parametrize("choices", [None, [], [{}], [{"message": None}], "4", [3]])
def test_a_body_without_a_message_is_no_answer(choices: Any) -> None:
    assert ChatCompletions().read({"choices": choices}) is None


def test_an_error_in_a_choice_is_found() -> None:
    error = {"code": 502, "message": "upstream broke"}
    assert ChatCompletions().error_in(reply(choice={"error": error})) == error
    assert ChatCompletions().error_in(reply(error=None)) is None
