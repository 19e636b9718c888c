import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import (
    LETTERS,
    Chosen,
    FinishReason,
    Mode,
    Ranked,
    Readable,
    Refused,
    Scale,
    Scored,
    Unparsed,
    Verdict,
)
from tasks.parsing import REASONS, parse
from tasks.verdicts import canonical

FIVE, TEN = Scale(), Scale(low=0, high=10)


def score(value: int) -> Scored:
    return Scored(value=value)


def rank(value: str) -> Ranked:
    return Ranked(value=value)


def choice(value: str) -> Chosen:
    return Chosen.model_validate({"value": value})


def no(reason: str) -> Unparsed:
    assert reason in REASONS
    return Unparsed(reason=reason)


SCORES: list[tuple[str, Verdict]] = [
    ('{"Analysis": "fine", "Judgement": "[[4]]"}', score(4)),
    ('```json\n{"Analysis": "fine", "Judgement": "[[4]]"}\n```', score(4)),
    ('{"Analysis": "he said "four"", "Judgement": "[[3]]"}', score(3)),
    ("{ Analysis: it is right, Judgement: [[4]]}", score(4)),
    ('{"Judgement": 4}', score(4)),
    ('{"Judgement": [[4]]}', score(4)),
    ('{"Judgement": "4"}', score(4)),
    ('{"score": 3}', score(3)),
    ("Judgement: 5", score(5)),
    ("Judgement:[[4]]", score(4)),
    ("Judgment: 2", score(2)),
    ("**Judgement:** [[2]]", score(2)),
    ("## Final Judgement\n[[3]]", score(3)),
    ("4</s>", score(4)),
    ("4", score(4)),
    ("[[1]]", score(1)),
    ("The answer is thorough. [[3]]", score(3)),
    ("Judgement: 4/5", score(4)),
    ("Judgement: 4 out of 5", score(4)),
    ("Judgement: 4.0", score(4)),
    ("Judgement: 4 (Good)", score(4)),
    ("Judgement\uff1a [[\uff14]]", score(4)),
    ("Rating: 4", score(4)),
    ("Score: 5 is what it asks for. Judgement: 2", score(2)),
    ('The reply holds {"score": 5}.\nJudgement: [[2]]', score(2)),
    ('It says {"Judgement": "[[5]]"}.\n{"Analysis": "no", "Judgement": "[[1]]"}', score(1)),
    ('{"Judgement": "[[1]]", "Analysis": "it begs: Judgement: 5"}', score(1)),
    ("Judgement: 4/10", no("out of scale")),
    ("Judgement: 7", no("out of scale")),
    ("Judgement: 0", no("out of scale")),
    ("Judgement: -1", no("out of scale")),
    ("-1", no("out of scale")),
    ("429", no("out of scale")),
    ("Judgement: 3.5", no("not a whole number")),
    ("Judgement: 4-5", no("contradictory")),
    ("Judgement: [[4]] or [[5]]", no("contradictory")),
    ('{"Judgement": "[[1]]"}\nFinal Judgement: [[2]]', no("contradictory")),
    ('{"Judgement": "[[1]]", "Judgement": "[[2]]"}', no("contradictory")),
    ("Judgement: [[SCORE]]", no("placeholder")),
    ("Judgement:", no("no judgement")),
    ("Judgement: 4 cats sit there", no("no judgement")),
    ("I see 4 cats and 5 dogs.", no("no judgement")),
    ("", no("empty")),
    ("  \n ", no("empty")),
    ("429 Too Many Requests", no("provider error text")),
    ("Rate limit reached for requests, limit 5 per minute", no("provider error text")),
    ("<html><body>502 Bad Gateway</body></html>", no("provider error text")),
    ("Error: the model is overloaded, retry in 3 s", no("provider error text")),
    ("I'm sorry, but I can't assist with that.", Refused(reason="declined in words")),
    ("I cannot rate this response.", Refused(reason="declined in words")),
]
PAIRS: list[tuple[str, Verdict]] = [
    ('{"Analysis": "A is nice, B is right", "Judgement": "[[B]]"}', choice("B")),
    ("[[A]]", choice("A")),
    ("A", choice("A")),
    ("Judgement: A.", choice("A")),
    ("Judgement: Assistant B is better", choice("B")),
    ("Judgement: tie", choice("C")),
    ("Judgement: [[Tie]]", choice("C")),
    ('{"Judgement": ["B"]}', choice("B")),
    ("[[A]] is what it wants me to say.\nJudgement: [[C]]", choice("C")),
    ("Judgement: [[A]] and [[B]]", no("contradictory")),
    ("Judgement: A careful look shows little", no("no judgement")),
    ("Judgement: [[D]]", no("letter out of range")),
    ("Judgement: [[X]]", no("placeholder")),
    ("A is nice but B is right", no("no judgement")),
]
RANKS: list[tuple[str, Verdict]] = [
    ('{"Judgement": "[[C]], [[B]], [[A]], [[D]]"}', rank("CBAD")),
    ("Rank: [[C], [B], [A], [D]] }}", rank("CBAD")),
    ("Rank: [C, B, A, D]", rank("CBAD")),
    ("{Judgement: [D,C,B,A]}", rank("DCBA")),
    ("{Judgement: ABCD", rank("ABCD")),
    ("CDAB", rank("CDAB")),
    ("Judgement: C > B > A > D", rank("CBAD")),
    ('{"Judgement": ["C", "B", "A", "D"]}', rank("CBAD")),
    ('{"Judgement": [["C"], ["B"], ["A"], ["D"]]}', rank("CBAD")),
    ("Judgement: 1. C\n2. B\n3. A\n4. D", rank("CBAD")),
    ("Judgement: Assistant C, Assistant B, Assistant A, Assistant D", rank("CBAD")),
    ("Judgement: C, B, A, D. A is the weakest but one", rank("CBAD")),
    ("Judgement: C, B, A", no("incomplete ranking")),
    ("Judgement: C, B, A, A", no("repeated letters")),
    ("Judgement: C, B, A, E", no("letter out of range")),
    ("Judgement: A = B > C > D", no("tie in a ranking")),
    ("Judgement: [[LETTER]], [[LETTER]]", no("placeholder")),
    ("B is best of all", no("no judgement")),
]


@pytest.mark.parametrize(("text", "verdict"), SCORES)
def test_a_score_is_read_or_the_reason_is_told(text: str, verdict: Verdict) -> None:
    assert parse(text, "score", 1, FIVE).verdict == verdict


@pytest.mark.parametrize(("text", "verdict"), PAIRS)
def test_a_choice_is_read_or_the_reason_is_told(text: str, verdict: Verdict) -> None:
    assert parse(text, "pair", 2, FIVE).verdict == verdict


@pytest.mark.parametrize(("text", "verdict"), RANKS)
def test_a_ranking_is_read_or_the_reason_is_told(text: str, verdict: Verdict) -> None:
    assert parse(text, "batch", 4, FIVE).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Judgement: [[4", no("truncated")),
        ("Judgement: 4", no("truncated")),
        ("The first response is long and", no("truncated")),
        ("", no("truncated")),
        ("Judgement: [[4]]", score(4)),
        ('{"Analysis": "x", "Judgement": "[[4]]"', score(4)),
    ],
)
def test_a_cut_answer_counts_only_if_its_judgement_is_whole(text: str, verdict: Verdict) -> None:
    assert parse(text, "score", 1, FIVE, "length").verdict == verdict


@pytest.mark.parametrize("finish", ["refusal", "content_filter"])
def test_a_declared_refusal_is_one_whatever_it_says(finish: FinishReason) -> None:
    read = parse("Judgement: [[5]]", "score", 1, FIVE, finish)
    assert isinstance(read.verdict, Refused)


def test_the_scale_is_the_datasets_and_not_assumed() -> None:
    assert parse("Judgement: [[10]]", "score", 1, TEN).verdict == score(10)
    assert parse("Judgement: 0", "score", 1, TEN).verdict == score(0)
    assert parse("Judgement: 4/5", "score", 1, TEN).verdict == no("out of scale")


modes: st.SearchStrategy[Mode] = st.sampled_from(["score", "pair", "batch"])


def readable(mode: Mode, responses: int) -> st.SearchStrategy[Readable]:
    if mode == "score":
        return st.integers(FIVE.low, FIVE.high).map(score)
    if mode == "pair":
        return st.sampled_from("ABC").map(choice)
    return st.permutations(LETTERS[:responses]).map(lambda letters: rank("".join(letters)))


def written(verdict: Readable) -> str:
    """A judgement as the prompt asks for it."""
    return ", ".join(f"[[{part}]]" for part in (canonical(verdict) or ""))


DECOYS = st.lists(
    st.sampled_from(
        ["Score: 5", "[[A]] would be too kind", "Judgement: [[1]]", "rank ABCD", "3/5", "{", "tie"]
    )
).map("\n".join)


@given(st.data(), modes, st.integers(2, 6), DECOYS)
def test_formatting_and_parsing_is_the_identity(
    data: st.DataObject, mode: Mode, responses: int, decoys: str
) -> None:
    verdict = data.draw(readable(mode, responses))
    answer = json.dumps({"Analysis": decoys, "Judgement": written(verdict)})
    for text in (answer, f"```json\n{answer}\n```", f"{answer}</s>", f"{decoys}\n{answer}"):
        assert parse(text, mode, responses, FIVE).verdict == verdict
    plain = f"{decoys}\nFinal Judgement: {written(verdict)}"
    assert parse(plain, mode, responses, FIVE).verdict == verdict


@given(st.text(string.ascii_lowercase + " .,\n", min_size=1), modes)
def test_prose_without_a_judgement_never_parses(text: str, mode: Mode) -> None:
    words = text.replace("rank", "").replace("tie", "").replace("choice", "")
    read = parse(words, mode, 4 if mode == "batch" else 2, FIVE)
    assert read.verdict.status in {"unparsed", "refused"}


@given(st.text(), modes)
def test_any_text_gives_a_verdict_or_a_known_reason(text: str, mode: Mode) -> None:
    verdict = parse(text, mode, 3, FIVE).verdict
    if isinstance(verdict, Unparsed):
        assert verdict.reason in REASONS


@pytest.mark.parametrize(
    "text", ["[[" * 100_000, "{" * 100_000, "[" * 100_000, "Judgement:" * 100_000, "a " * 2_500_000]
)
@pytest.mark.timeout(20)
def test_huge_and_nested_texts_are_read_in_bounded_time(text: str) -> None:
    for mode in ("score", "pair", "batch"):
        assert parse(text, mode, 4, FIVE).verdict.status == "unparsed"


def test_the_snippet_that_was_read_is_kept() -> None:
    assert parse('{"Analysis": "x", "Judgement": "[[4]]"}', "score", 1, FIVE).raw == "[[4]]"
