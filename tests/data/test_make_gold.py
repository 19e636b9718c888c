"""The demo set's labels and facts: quality is what the construction says it is."""

import re
from collections import Counter
from itertools import combinations, pairwise
from typing import TypeVar

import pytest

from data.make import KINDS
from data.make.facts import (
    GOLD,
    CountFact,
    DefectFact,
    DerivedFact,
    HallucinationFact,
    ItemFacts,
    Mention,
    ObjectFact,
    PresenceFact,
    ReadoutFact,
    RelationFact,
    ResponseFact,
    TieFact,
)
from data.make.responses import SKEW
from data.make.write import MadeItem, made_items

DIFFICULTIES = (0.0, 0.5, 1.0)
FactT = TypeVar("FactT")


@pytest.fixture(scope="module", params=DIFFICULTIES, ids=["easy", "medium", "hard"])
def items(request: pytest.FixtureRequest) -> list[MadeItem]:
    return list(made_items(72, KINDS, request.param, seed=5))


def only(item: ItemFacts, kind: type[FactT]) -> list[FactT]:
    return [fact for fact in item.facts if isinstance(fact, kind)]


def text_of(response: ResponseFact) -> str:
    return " ".join(sentence.text for sentence in response.sentences)


def gold_of(item: MadeItem) -> dict[str, int]:
    return {
        row["responses"][0]["author"]: int(row["labels"][0]["verdict"])
        for row in item.rows
        if row["mode"] == "score"
    }


def truth(item: ItemFacts, mention: Mention) -> str:
    """What the picture's facts say where a response says `mention.text`."""
    for fact in item.facts:
        if getattr(fact, "id", None) != mention.fact:
            continue
        if isinstance(fact, ObjectFact):
            return {"name": fact.name, "colour": fact.colour or "", "shape": fact.noun}[
                mention.attribute
            ]
        if isinstance(fact, RelationFact) and mention.attribute == "object":
            return next(o.name for o in only(item, ObjectFact) if o.id == fact.object)
        if isinstance(fact, RelationFact):
            return fact.value
        if isinstance(fact, ReadoutFact | CountFact | DerivedFact):
            return str(fact.value)
    raise AssertionError(f"{mention!r} speaks of no fact")


def same(said: str, true: str) -> bool:
    """Numbers are compared as numbers without their unit, words without regard to case."""
    if re.match(r"\d", true):
        return float(said.split()[0]) == float(true)
    return said.casefold() == true.casefold()


def test_pair_labels_follow_the_scores(items: list[MadeItem]) -> None:
    for item in items:
        gold = gold_of(item)
        for row in (row for row in item.rows if row["mode"] == "pair"):
            first, second = (gold[r["author"]] for r in row["responses"])
            expected = "C" if first == second else "A" if first > second else "B"
            assert row["labels"][0]["verdict"] == expected


def test_the_ranking_follows_the_scores_and_breaks_ties_by_own_order(
    items: list[MadeItem],
) -> None:
    for item in items:
        gold = gold_of(item)
        row = next(row for row in item.rows if row["mode"] == "batch")
        own = [gold[r["author"]] for r in row["responses"]]
        ranking = ["ABCD".index(letter) for letter in row["labels"][0]["verdict"]]
        assert sorted(ranking) == [0, 1, 2, 3]
        assert all((-own[a], a) < (-own[b], b) for a, b in pairwise(ranking))


def test_scores_are_those_of_the_declared_qualities(items: list[MadeItem]) -> None:
    for item in items:
        built = only(item.facts, ResponseFact)
        assert {b.author: b.gold for b in built} == gold_of(item)
        assert all(b.gold == GOLD[b.quality] for b in built)
        assert {b.quality for b in built} >= {"full", "planted", "hallucinated"}


def test_rows_hold_the_responses_that_the_facts_describe(items: list[MadeItem]) -> None:
    for item in items:
        texts = {b.author: text_of(b) for b in only(item.facts, ResponseFact)}
        assert set(texts) == set(SKEW)
        for row in item.rows:
            assert all(texts[r["author"]] == r["text"] for r in row["responses"])


def test_everything_said_is_true_except_what_was_planted(items: list[MadeItem]) -> None:
    for item in items:
        planted = {(d.author, d.fact, d.attribute) for d in only(item.facts, DefectFact)}
        for response in only(item.facts, ResponseFact):
            for mention in (m for sentence in response.sentences for m in sentence.mentions):
                wrong = (response.author, mention.fact, mention.attribute) in planted
                assert same(mention.text, truth(item.facts, mention)) is not wrong


def test_every_number_in_a_right_response_stands_among_the_facts(items: list[MadeItem]) -> None:
    for item in items:
        true = {
            float(fact.value)
            for fact in item.facts.facts
            if isinstance(fact, ReadoutFact | CountFact | DerivedFact)
            and not isinstance(fact.value, str)
        }
        for response in only(item.facts, ResponseFact):
            if response.gold >= 4:
                said = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", text_of(response))}
                assert said <= true


def test_a_planted_fact_is_said_and_differs_from_the_truth(items: list[MadeItem]) -> None:
    for item in items:
        (defect,) = only(item.facts, DefectFact)
        response = next(b for b in only(item.facts, ResponseFact) if b.author == defect.author)
        assert response.quality == "planted"
        assert defect.planted in defect.sentence
        assert defect.sentence in text_of(response)
        assert defect.planted != defect.original
        mention = Mention(fact=defect.fact, attribute=defect.attribute, text=defect.original)
        assert same(defect.original, truth(item.facts, mention))


def test_a_hallucinated_object_is_absent_from_the_picture(items: list[MadeItem]) -> None:
    for item in items:
        (invented,) = only(item.facts, HallucinationFact)
        (presence,) = only(item.facts, PresenceFact)
        assert invented.name not in {o.name for o in only(item.facts, ObjectFact)}
        assert invented.phrase in presence.absent
        response = next(b for b in only(item.facts, ResponseFact) if b.author == invented.author)
        assert response.quality == "hallucinated"
        assert all(re.search(rf"\b{invented.name}\b", s) for s in invented.sentences)
        assert all(s in text_of(response) for s in invented.sentences)


def test_only_the_hallucinated_response_names_what_is_absent(items: list[MadeItem]) -> None:
    for item in items:
        (invented,) = only(item.facts, HallucinationFact)
        for response in only(item.facts, ResponseFact):
            named = re.search(rf"\b{invented.name}\b", text_of(response)) is not None
            assert named is (response.author == invented.author)


def test_present_and_absent_things_are_told_apart(items: list[MadeItem]) -> None:
    for item in items:
        (presence,) = only(item.facts, PresenceFact)
        assert presence.present
        assert not set(presence.present) & set(presence.absent)
        assert set(presence.adversarial) < set(presence.absent)


def test_a_third_of_the_items_has_one_tie_and_says_so(items: list[MadeItem]) -> None:
    tied = [item for item in items if only(item.facts, TieFact)]
    assert len(tied) == len(items) / 3
    assert {item.facts.kind for item in tied} == set(KINDS)
    for item in items:
        gold = gold_of(item)
        equal = [{a, b} for a, b in combinations(gold, 2) if gold[a] == gold[b]]
        assert [set(tie.authors) for tie in only(item.facts, TieFact)] == equal


def test_tied_responses_state_the_same_facts_in_other_words(items: list[MadeItem]) -> None:
    for item in items:
        for tie in only(item.facts, TieFact):
            one, two = (b for b in only(item.facts, ResponseFact) if b.author in tie.authors)
            stated = [{m for s in b.sentences for m in s.mentions} for b in (one, two)]
            assert stated[0] == stated[1]
            assert text_of(one) != text_of(two)


def test_the_better_response_stands_first_about_half_of_the_time(items: list[MadeItem]) -> None:
    labels = Counter(
        row["labels"][0]["verdict"] for item in items for row in item.rows if row["mode"] == "pair"
    )
    assert 0.45 < labels["A"] / (labels["A"] + labels["B"]) < 0.55
    best = Counter(
        row["labels"][0]["verdict"][0]
        for item in items
        for row in item.rows
        if row["mode"] == "batch"
    )
    assert all(0.1 < best[letter] / len(items) < 0.45 for letter in "ABCD")


def test_neither_the_longer_nor_the_shorter_response_is_always_better(
    items: list[MadeItem],
) -> None:
    longer = []
    for row in (row for item in items for row in item.rows if row["mode"] == "pair"):
        first, second = (len(r["text"]) for r in row["responses"])
        if row["labels"][0]["verdict"] != "C" and first != second:
            longer.append((first > second) is (row["labels"][0]["verdict"] == "A"))
    assert 0.3 < sum(longer) / len(longer) < 0.6


def test_no_author_gives_the_quality_away(items: list[MadeItem]) -> None:
    scores: dict[str, list[int]] = {name: [] for name in SKEW}
    for item in items:
        for author, score in gold_of(item).items():
            scores[author].append(score)
    means = {author: sum(s) / len(s) for author, s in scores.items()}
    assert all({1, 2, 5} <= set(s) for s in scores.values())
    assert means["alder"] > means["dogwood"]
    assert max(means.values()) - min(means.values()) < 2


def test_boxes_lie_inside_the_picture(items: list[MadeItem]) -> None:
    for item in items:
        for fact in item.facts.facts:
            if isinstance(fact, ObjectFact | ReadoutFact):
                left, top, right, bottom = fact.box
                assert 0 <= left <= right <= 640
                assert 0 <= top <= bottom <= 480


def test_read_out_texts_do_not_overlap(items: list[MadeItem]) -> None:
    for item in items:
        boxes = [fact.box for fact in only(item.facts, ReadoutFact)]
        for a, b in combinations(boxes, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_an_items_pairs_put_the_better_first_and_second_equally_often(
    items: list[MadeItem],
) -> None:
    for item in (item for item in items if not item.tied):
        sides = Counter(r["labels"][0]["verdict"] for r in item.rows if r["mode"] == "pair")
        assert sides == {"A": 3, "B": 3}
