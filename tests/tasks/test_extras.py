"""Schemas for verdicts and log-probabilities of their tokens: asked for, read, done without."""

import json
import math

import pytest

from data.records import Answer, Chosen, LabelToken, Mode, Ranked, Scale, Scored
from tasks.claims.reading import KINDS, read_claims
from tasks.clients.extras import LOGPROBS, STRUCTURED, asked_for, refused, without
from tasks.clients.label_tokens import label_tokens
from tasks.parsing import parse
from tasks.sureness import probabilities
from tasks.verdict_forms import Form
from tasks.verdict_schema import verdict_schema

FIVE = Scale()


@pytest.mark.parametrize(
    ("mode", "responses", "verdict", "own"),
    [
        ("score", 1, 4, Scored(value=4.0)),
        ("pair", 2, "C", Chosen(value="C")),
        ("batch", 3, ["C", "A", "B"], Ranked(value="CAB")),
    ],
)
@pytest.mark.parametrize("setting", ["analyze", "figure-and-answer"])
def test_what_keeps_to_the_schema_is_read(
    mode: Mode, responses: int, verdict: object, own: object, setting: str
) -> None:
    schema = verdict_schema(mode, setting, responses, FIVE)
    assert list(schema["properties"]) == schema["required"]
    said = dict.fromkeys(schema["required"], "Because.") | {schema["required"][-1]: verdict}
    assert parse(json.dumps(said), mode, responses, FIVE, "stop").verdict == own


def test_claims_are_objects_before_the_verdict() -> None:
    schema = verdict_schema("pair", "evidence", 2, FIVE)
    assert schema["required"] == ["Claims", "Analysis", "Judgement"]
    one = schema["properties"]["Claims"]["items"]
    assert one["required"] == list(one["properties"]) == ["claim", "about", "kind", "quote"]
    claim = {"claim": "It is red.", "about": "image", "kind": "colour", "quote": ""}
    said = json.dumps({"Claims": [claim], "Analysis": "x", "Judgement": "A"})
    assert [each.model_dump() for each in read_claims(said) or ()] == [claim]
    assert tuple(one["properties"]["kind"]["enum"]) == KINDS


def test_scores_are_listed_and_long_scales_are_not() -> None:
    judgement = verdict_schema("score", "analyze", 1, FIVE)["properties"]["Judgement"]
    assert judgement == {"type": "integer", "enum": [1, 2, 3, 4, 5]}
    wide = verdict_schema("score", "analyze", 1, Scale(low=0, high=1000))
    assert wide["properties"]["Judgement"] == {"type": "integer"}


def test_extras_are_asked_for_and_taken_back() -> None:
    own = {"temperature": 0, "output_config": {"effort": "low"}}
    schema = {"type": "object"}
    mine = asked_for("anthropic", own, schema, logprobs=False)
    assert mine["output_config"]["effort"] == "low"
    assert mine["output_config"]["format"]["schema"] == schema
    assert without(mine, [STRUCTURED]) == own
    other = asked_for("openai", {"seed": 1}, schema, logprobs=True)
    assert other["response_format"]["json_schema"]["strict"] is True
    assert without(other, [LOGPROBS, STRUCTURED]) == {"seed": 1}
    assert set(without(other, [STRUCTURED])) == {"seed", "logprobs", "top_logprobs"}


def test_only_an_extra_that_was_asked_for_is_given_up() -> None:
    said = "HTTP 400: 'response_format' of type 'json_schema' is not supported with this model"
    assert refused(said, [STRUCTURED, LOGPROBS]) == STRUCTURED
    assert refused(said, [LOGPROBS]) is None
    assert refused("HTTP 400: the image cannot be read", [STRUCTURED, LOGPROBS]) is None


def token(text: str, **others: float) -> dict[str, object]:
    top = [{"token": other, "logprob": math.log(p)} for other, p in others.items()]
    first = next(iter(others.values()), 1.0)
    return {"token": text, "logprob": math.log(first), "top_logprobs": top}


def test_tokens_that_differ_in_marks_are_one_label() -> None:
    listed = [token("Score "), token("4", **{"4": 0.6, " 4": 0.2, "5": 0.15, "four": 0.05})]
    (found,) = label_tokens({"content": listed})
    assert (found.at, [label for label, _ in found.options]) == (6, ["4", "5"])
    assert math.exp(found.options[0][1]) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("odd", [None, [], {"content": None}, {"content": [{"token": 3}]}, "x"])
def test_odd_log_probabilities_give_no_tokens(odd: object) -> None:
    assert label_tokens(odd) == ()


def test_the_token_of_the_verdict_counts_not_one_of_the_prose() -> None:
    text = 'The 2 dogs are clear. {"Judgement": "[[4]]"}'
    prose = LabelToken(at=4, options=(("2", 0.0),))
    at = text.index("4]]")
    tokens = (prose, LabelToken(at=at, options=(("4", math.log(0.6)), ("5", math.log(0.2)))))
    read, form = parse(text, "score", 1, FIVE, "stop"), Form("score", 1, FIVE)
    assert read.raw is not None
    found = probabilities(text, read.raw, tokens, read.verdict, form)
    assert found is not None
    assert {label: round(chance, 6) for label, chance in found.items()} == {"4": 0.75, "5": 0.25}
    assert probabilities(text, read.raw, (prose,), read.verdict, form) is None


def test_confidence_is_that_of_the_labels_that_were_asked_for() -> None:
    text, labels = "Judgement: [[X]]", ("X", "Y", "Z")
    options = (("X", math.log(0.6)), ("A", math.log(0.3)), ("Y", math.log(0.1)))
    read = parse(text, "pair", 2, FIVE, "stop", labels)
    form = Form("pair", 2, FIVE, labels)
    assert read.raw is not None
    tokens = (LabelToken(at=text.index("X"), options=options),)
    found = probabilities(text, read.raw, tokens, read.verdict, form)
    assert found is not None
    assert {label: round(chance, 3) for label, chance in found.items()} == {"X": 0.857, "Y": 0.143}


def test_an_answer_with_tokens_survives_storage() -> None:
    answer = Answer(
        text="[[4]]", finish_reason="stop", label_tokens=(LabelToken(at=2, options=(("4", -0.1),)),)
    )
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
