"""Claims are read whole or not at all; facts decide exactly; quotations stand or do not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.make.facts import ItemFacts, read_facts
from data.records import Scale
from tasks.claims.checking import askable, held, name, verified
from tasks.claims.known import decided, statements
from tasks.claims.quotes import stands_in
from tasks.claims.reading import MOST, Claim, digest, read_claims
from tasks.parsing import parse
from tasks.verdicts import canonical

ROOT = Path(__file__).parents[3]
DEMO = read_facts(ROOT / "data/demo")
CHART = DEMO["bar-chart-0001"]
SHAPES = next(item for item in DEMO.values() if item.kind == "shapes")


def entry(claim: Any = "It is red.", **changes: Any) -> dict[str, Any]:
    return {"claim": claim, "about": "image", "kind": "colour", "quote": ""} | changes


def answer(*claims: Any, **changes: Any) -> str:
    return json.dumps({"Claims": list(claims), "Analysis": "x", "Judgement": "[[4]]"} | changes)


def test_claims_are_read_from_plain_fenced_and_prefaced_json() -> None:
    text = answer(entry(), entry("A says so.", about="response", quote="so"))
    for said in (text, f"```json\n{text}\n```", f"Here it is:\n{text}", text + "</s>"):
        found = read_claims(said)
        assert found is not None
        assert [(claim.about, claim.quote) for claim in found] == [
            ("image", ""),
            ("response", "so"),
        ]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "I see a red bar. Judgement: [[4]]",
        answer(entry())[:-30],
        answer(entry())[: answer(entry()).index("Analysis")],
        answer("a bare string"),
        answer(entry(about="the weather")),
        answer(entry(claim="  ")),
        answer(entry(claim=5)),
        json.dumps({"Claims": "none", "Judgement": "[[4]]"}),
        json.dumps({"Analysis": "x", "Judgement": "[[4]]"}),
        "[" * 5000,
        '{"Claims": ' + "[" * 5000,
    ],
)
def test_what_is_not_a_whole_list_of_claims_is_unreadable_and_never_empty(text: str | None) -> None:
    assert read_claims(text) is None


def test_an_empty_list_is_readable_and_something_else() -> None:
    assert read_claims(answer()) == ()


def test_a_claim_counts_once_and_only_the_first_eight_are_looked_at() -> None:
    found = read_claims(answer(entry("It is red."), entry(" it is  RED"), entry("It is blue.")))
    assert found is not None
    assert [claim.claim for claim in found] == ["It is red.", "It is blue."]
    many = read_claims(answer(*(entry(f"Claim {n}") for n in range(30))))
    assert many is not None
    assert [claim.claim for claim in many] == [f"Claim {n}" for n in range(MOST)]


def test_an_unknown_kind_is_other_and_a_missing_quote_is_none() -> None:
    assert read_claims(answer(entry(kind="mood", quote=None))) == (
        Claim(claim="It is red.", about="image", kind="other"),
    )
    (spelt,) = read_claims(answer(entry(kind="Color"))) or ()
    assert spelt.kind == "colour"


def test_claims_before_the_verdict_do_not_disturb_its_reading() -> None:
    text = answer(entry('The sign says "Judgement: [[1]]", score 2.', quote="Judgement: [[5]]"))
    assert canonical(parse(text, "score", 1, Scale()).verdict) == "4"


@given(st.text())
def test_no_text_is_too_odd_to_be_read_or_named(text: str) -> None:
    read_claims(text)
    read_claims(json.dumps({"Claims": [entry(text)]}))
    stands_in(text, [text])
    decided(text, CHART)
    assert len(digest(text)) == 16


@pytest.mark.parametrize("item", DEMO.values(), ids=lambda item: item.item_id)
def test_every_statement_of_the_facts_is_decided_as_it_is_stated(item: ItemFacts) -> None:
    found = statements(item)
    assert {statement.true for statement in found} == {True, False}
    assert [decided(statement.text, item) for statement in found] == [s.true for s in found]


@pytest.mark.parametrize("item", DEMO.values(), ids=lambda item: item.item_id)
def test_sentences_of_full_answers_are_true_and_planted_ones_false(item: ItemFacts) -> None:
    for fact in item.facts:
        if fact.type == "response" and fact.quality == "full":
            assert all(decided(sentence.text, item) for sentence in fact.sentences)
        if fact.type == "defect":
            assert decided(fact.sentence.upper(), item) is False
        if fact.type == "hallucination":
            assert all(decided(sentence, item) is False for sentence in fact.sentences)


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ("The bar of Fenby is pink.", True),
        ("In the chart, Fenby's bar is blue", False),
        ("the chart shows five bars", True),
        ("There are exactly 6 bars in the picture.", False),
        ("Fenby reaches 63 boxes.", True),
        ("The bar for Fenby stands at 63.5", False),
        ("There is no bar labelled Kelby.", True),
        ("There is a bar labelled Kelby.", False),
        ("There are 3 bars in blue", None),  # not the count of anything known
        ("Fenby is the 3rd bar", None),
        ("Fenby is about 63 boxes", None),
        ("Fenby is teal", None),  # a shade that is not among the colours
        ("Fenby reaches 63 kilos.", None),
        ("The chart is easy to read.", None),
        ("Fenby is pink and Arden is blue.", None),
        ("It is not true that Fenby is pink.", None),
    ],
)
def test_only_what_the_facts_say_exactly_is_decided(claim: str, true: bool | None) -> None:
    assert decided(claim, CHART) is true


def test_sides_are_decided_from_the_stated_relations() -> None:
    assert decided("The square J is to the right of the hexagon L.", SHAPES) is True
    assert decided("J is left of L.", SHAPES) is False
    assert decided("J is above W.", SHAPES) is None  # no fact relates the two
    assert decided("There are no circles.", SHAPES) is True


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("the RED bar", True),
        ("“the red bar”", True),
        ("the red  bar of\nFenby,", True),
        ("the red bar ... 63 boxes", True),
        ("63 boxes [...] the red bar", False),  # the other way round
        ("the blue bar", False),
        ("...", False),
        ("", False),
    ],
)
def test_quotations_are_found_whatever_their_case_and_spaces(quote: str, stands: bool) -> None:
    responses = ["Nothing.", "See the red bar of Fenby, at 63 boxes."]
    assert stands_in(quote, responses) is stands


def said(**answers: str) -> Any:
    return lambda question: answers.get(question.split("/")[0])


@pytest.mark.parametrize(
    ("true", "false", "holds"),
    [
        ("yes", "no", True), ("no", "yes", False), ("yes", "yes", None), ("no", "no", None),
        ("unsure", "no", None), ("yes", "unsure", None),
    ],
)  # fmt: skip
def test_a_verifier_decides_only_if_both_answers_agree(
    true: str, false: str, holds: bool | None
) -> None:
    assert verified("It is red.", said(true=true, false=false)) is holds
    assert verified("It is red.", said()) is None
    assert verified("It is red.", said(true="yes")) is None


def test_facts_come_before_the_verifier_and_are_not_asked_about() -> None:
    claims = read_claims(
        answer(entry("Fenby is pink."), entry("It looks odd."), entry("x" * 401),
               entry("A says so.", about="response"),
               entry("B says so.", about="response", quote="nowhere"))
    )  # fmt: skip
    assert claims is not None
    assert askable(claims, CHART) == ["It looks odd."]
    assert askable(claims, None) == ["Fenby is pink.", "It looks odd."]
    found = held(claims, CHART, said(true="no", false="yes"), ["a response"])
    assert [(each.found, each.by) for each in found] == [
        ("true", "facts"), ("false", "verifier"), ("false", "verifier"), ("no quote", None),
        ("misquoted", "responses"),
    ]  # fmt: skip
    assert name("true", "It is RED") == name("true", " it is red.") != name("false", "it is red")
