import json
import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from cache.keys import (
    KEY_FIELDS,
    NOT_IN_KEY,
    canonical_json,
    key_of_json,
    request_json,
    request_key,
    request_of_json,
)
from data.records import ImagePart, Message, Request, TextPart


def picture(letter: str) -> ImagePart:
    return ImagePart(sha256=letter * 64, media_type="image/png")


def request(**changes: object) -> Request:
    parts = (
        TextPart(text="Which bar is tallest?"),
        ImagePart(sha256="a" * 64, media_type="image/png"),
    )
    fields: dict[str, object] = {
        "provider": "openai",
        "endpoint": "openai",
        "model": "m",
        "messages": (Message(role="user", content=parts),),
        "params": {"temperature": 0.2, "max_tokens": 64},
    }
    return Request.model_validate(fields | changes)


def test_every_field_of_a_request_is_decided() -> None:
    assert set(Request.model_fields) == set(KEY_FIELDS) | set(NOT_IN_KEY)
    assert not set(KEY_FIELDS) & set(NOT_IN_KEY)


def test_each_field_changes_the_key() -> None:
    changed = [
        request(provider="anthropic"),
        request(endpoint="http://127.0.0.1:8000/v1"),
        request(model="m2"),
        request(params={"temperature": 0.3, "max_tokens": 64}),
        request(context={"sample_id": "x"}),
        request(repeat=1),
        request(epoch="2026-11-23"),
    ]
    assert len({request_key(r) for r in [request(), *changed]}) == 1 + len(changed)


def test_one_letter_of_the_prompt_or_one_pixel_changes_the_key() -> None:
    letter = Message(
        role="user", content=(TextPart(text="Which bar is Tallest?"), request().images[0])
    )
    pixel = Message(
        role="user",
        content=(
            request().messages[0].content[0],
            ImagePart(sha256="b" * 64, media_type="image/png"),
        ),
    )
    keys = {request_key(request()), *(request_key(request(messages=(m,))) for m in (letter, pixel))}
    assert len(keys) == 3


def test_the_order_of_parameters_and_the_spelling_of_whole_numbers_do_not_matter() -> None:
    assert request_key(request(params={"a": 1, "b": 2})) == request_key(
        request(params={"b": 2.0, "a": 1.0})
    )


def test_a_key_is_the_same_in_another_process() -> None:
    code = (
        "import sys; from data.records import Request; from cache.keys import request_key;"
        "print(request_key(Request.model_validate_json(sys.argv[1])))"
    )
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code, request().model_dump_json()],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.strip() == request_key(request())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_a_request_survives_its_canonical_json(params: dict[str, object]) -> None:
    text = request_json(request(params=params))
    fields = json.loads(text)
    fields.pop("key_version")
    again = Request.model_validate(fields)
    assert key_of_json(canonical_json(json.loads(text))) == key_of_json(text)
    assert request_key(again) == request_key(request(params=params))


def test_a_request_has_one_key_however_its_numbers_are_written() -> None:
    def key(number: float) -> str:
        message = Message(role="user", content=(TextPart(text="q"),))
        request = Request(
            provider="p", endpoint="e", model="m", messages=(message,),
            params={"temperature": number}, context={"mean": number, "lengths": [number]},
        )  # fmt: skip
        text = request_json(request)
        audited = key_of_json(canonical_json(json.loads(text)))  # as `cache verify` does
        assert audited == request_key(request)
        assert request_of_json(text) == request.model_copy(
            update={"params": {"temperature": 2}, "context": {"mean": 2, "lengths": [2]}}
        )
        return request_key(request)

    assert key(2.0) == key(2)
