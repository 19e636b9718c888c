"""What an analysis says of the outcome: plain statements are read, everything else is undecided."""

import json
from pathlib import Path

import pytest

from data.records import Mode, Scale
from tasks.opinions import analysis, opinion

PAIRS = {
    "Overall, Assistant B is better.": "B",
    "A is better.": "A",
    "Response A is the better one because it names the bar.": "A",
    "Assistant A's response is better overall, as it is accurate.": "A",
    "Assistant B\u2019s answer is slightly better.": "B",
    "**Assistant A** is the winner.": "A",
    "Response (B) is clearly superior.": "B",
    "I prefer B.": "B",
    "I would choose Assistant B over Assistant A.": "B",
    "The edge goes to A.": "A",
    "The winner is A": "A",
    "The better response is from Assistant B.": "B",
    "I find Assistant B's answer slightly better.": "B",
    "My final verdict is that Assistant B's answer is significantly better: [[A]]": "B",
    "Assistant B outperforms Assistant A.": "B",
    "Although Assistant A is better written, Assistant B is better.": "B",
    "Although A is longer, B wins.": "B",
    "A is better at colours. Overall B is better.": "B",
    "A is better. Yet, all things considered, B is the best choice.": "B",
    "Both responses are equally good.": "C",
    "A and B are equally good.": "C",
    "This is a tie.": "C",
    "Both are equally accurate, so A wins.": "A",
    "Both are equally good at counting, but A is better.": "A",
    # says nothing of the whole
    "A better answer would name the colour.": None,
    "I prefer A response that is short.": None,
    "Assistant A is better at describing colours.": None,
    "Assistant B outperforms A in accuracy.": None,
    "Both are equally good at counting.": None,
    "Assistant A is more accurate.": None,
    "A is the first to mention the legend.": None,
    "A is best described as vague.": None,
    "Assistant A is not better.": None,
    "I do not prefer B.": None,
    "It is not a tie.": None,
    "Neither response is better.": None,
    "If A had named the bar, A would be better.": None,
    "A seems better.": None,
    "A might be the best choice.": None,
    "Is A better?": None,
    "Response B claims that A is better.": None,
    "A is better, but B is better.": None,
    "While A is better, B is more concise.": None,
    "Judgement: B": None,
    "C is better.": None,
    "Assistant D is the winner.": None,
    "": None,
}
SCORES = {
    "The response deserves a 4.": "4",
    "I would give it a score of 3 out of 5.": "3",
    "I rate this response 4/5.": "4",
    "Therefore, I assign a score of **2**.": "2",
    "It receives a solid 4 overall.": "4",
    "This warrants a score of 2.": "2",
    "It deserves a 4 rather than a 5.": "4",
    "The response is given a 2 because it misreads the axis.": "2",
    "The response earns 1 point for naming the colour. Overall it deserves a 3.": "3",
    "It gets a 4 for accuracy.": None,
    "Accuracy score: 3. Detail score: 5.": None,
    "It would be a 5 if it named the bar.": None,
    "I would give it a 5 if it were shorter.": None,
    "It does not deserve a 5.": None,
    "It could have earned a 5.": None,
    "It merits somewhere between 3 and 4.": None,
    "I rate it 3 or 4.": None,
    "I'd score it 4\u20135.": None,
    "It deserves a 4.5.": None,
    "It gets 8 out of 10.": None,
    "It deserves a 9.": None,
    "The bar is worth 4 dollars.": None,
    "The response gives 4, which is wrong.": None,
    "The assistant gives 3 examples.": None,
    "The first film is rated 4 and in the update it is rated as a 5.": None,
    "A perfect answer earns a 5, but this one deserves a 3.": None,
}
RANKINGS = {
    "The ranking is B > A > D > C.": "B",
    "The order is therefore D, B, A, and C.": "D",
    "C is the best, followed by A.": "C",
    "B ranks first.": "B",
    "The best response is C.": "C",
    "A is better than B.": None,
    "A is the best at counting.": None,
    "B > A": None,
    "D, B and A are wrong.": None,
    "A, B, C, D were shown.": None,
    "Assistants A, B, C, D all name the bar.": None,
}
CASES = [
    (mode, size, text, said)
    for mode, size, texts in (("pair", 2, PAIRS), ("score", 1, SCORES), ("batch", 4, RANKINGS))
    for text, said in texts.items()
]


@pytest.mark.parametrize(("mode", "size", "text", "said"), CASES)
def test_plain_statements_about_the_whole_are_read_and_nothing_else(
    mode: Mode, size: int, text: str, said: str | None
) -> None:
    assert (
        opinion(json.dumps({"Analysis": text, "Judgement": "[[A]]"}), mode, size, Scale()) == said
    )


def test_the_verdict_itself_is_not_read_as_words() -> None:
    both = {"Analysis": "Both name it.", "Winner": "The winner is A.", "Judgement": "A is better."}
    assert analysis(json.dumps(both)) == "Both name it."
    for prose in ("Final Verdict: A", "**Judgement:** [[A]]", "Score: 4", "Rating: **4**/5"):
        assert opinion(prose, "score" if "4" in prose else "pair", 2, Scale()) is None


def test_figures_and_references_of_the_judges_own_are_no_analysis() -> None:
    text = {"FigureAnalysis": "Bar A is the best.", "Reference": "A wins.", "Analysis": "B wins."}
    assert opinion(json.dumps(text), "pair", 2, Scale()) == "B"


@pytest.mark.parametrize(
    "text",
    [
        '{"Analysis": "A misreads it. Therefore Assistant B is better.", "Judgement": [[A]]}',
        "Analysis: B is better.\n\nJudgement: [[A]]",
        "### Final verdict\nAssistant B is slightly better: [[A]]",
        '```json\n{"Analysis": "B is better."}\n```',
        '{"Analysis": "B is better.',
    ],
)
def test_broken_and_bare_forms_are_read_as_prose(text: str) -> None:
    assert opinion(text, "pair", 2, Scale()) == "B"


@pytest.mark.parametrize("word", ["A", "is better ", "{", "A, ", "score: ", "the B "])
def test_hostile_lengths_are_read_to_an_end(word: str) -> None:
    sizes: dict[Mode, int] = {"pair": 2, "score": 1, "batch": 4}
    assert {opinion(word * 30_000, mode, size, Scale()) for mode, size in sizes.items()} == {None}


@pytest.mark.data
def test_real_judges_closing_words_are_read_as_their_verdicts(shared_data: Path) -> None:
    file = shared_data / "wildvision_bench" / "raw_sample_gpt-4o.jsonl"
    games = [game for line in file.read_text().splitlines() for game in json.loads(line)["games"]]
    said = [opinion(game["judgment"], "pair", 2, Scale()) for game in games]
    assert (len(said), sum(each is not None for each in said)) == (40, 17)
    assert all(
        s is None or game["score"].startswith(s) for s, game in zip(said, games, strict=True)
    )


@pytest.mark.data
def test_real_texts_beside_scores_rarely_name_one_and_then_the_same(shared_data: Path) -> None:
    pairs: list[tuple[str, str]] = []
    for name in ("mt_bench_eval", "vicuna_eval"):
        for row in json.loads((shared_data / "prometheus_repeats" / f"{name}.json").read_text()):
            pairs += zip(map(str, row["gpt4_score"]), row["gpt4_feedback"], strict=True)
    said = [(score, opinion(text, "score", 1, Scale())) for score, text in pairs]
    decided = [(score, words) for score, words in said if words is not None]
    assert (len(said), len(decided)) == (1920, 14)
    assert sum(score != words for score, words in decided) == 1
