"""The order probe: what it asks, known doses, twins, missing verdicts, published consistencies."""

import json
import random
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from scipy.stats import spearmanr

from data.records import ALARM, LETTERS, Sample
from tasks.measures.slots import COLUMNS, features
from tasks.probes.order import NO_FLOOR, rotation
from tests.tasks.probes.verdict_tables import Verdicts, asked, holds, pooled, sample

FIRST = {"base": ["A", "A"], "rotated-1": ["B", "B"]}  # own order: what is shown first, always


def pairs(given: list[Any], label: str | None = "A") -> tuple[list[Sample], list[Any]]:
    return [sample("pair", ["x", "y"], label, n) for n in range(len(given))], given


def test_each_response_stands_in_each_slot_once_and_every_order_is_drawn_twice() -> None:
    for mode, size in (("pair", 2), ("batch", 4)):
        variants = asked("order", sample(mode, list("wxyz")[:size]))
        base = variants.pop("base")
        shown = [base.presented, *(variant.presented for variant in variants.values())]
        assert base.repeats == (1,)
        assert all(variant.repeats == (0, 1) for variant in variants.values())
        assert all(sorted(slot) == list(range(size)) for slot in zip(*shown, strict=True))
    assert rotation(3, 1) == (1, 2, 0)


def test_equal_texts_have_no_order() -> None:
    assert not asked("order", sample("pair", ["x", "x"]))


def test_a_judge_that_always_takes_the_first_is_unmasked_with_an_alarm() -> None:
    found = pooled("order", *pairs([FIRST] * 10))
    assert found[None, "first_preference"]["value"] == 1.0
    assert found[None, "position_consistency"]["value"] == 0.0
    assert found[None, "position_consistency"]["note"].startswith(ALARM)
    assert found[None, "consistency_beyond_coin"]["value"] == -1.0
    assert found[None, "excess_flip"]["value"] == 1.0
    assert found[None, "preference_fairness"]["value"] == -1.0


def test_a_judge_that_sees_the_responses_has_no_order_effect_and_no_alarm() -> None:
    given = [{"base": [v, v], "rotated-1": [v, v]} for v in "AABBC" * 4]
    found = pooled("order", *pairs(given))
    assert found[None, "first_preference"]["value"] == 0.0
    assert found[None, "excess_flip"]["value"] == 0.0
    assert found[None, "consistency_beyond_coin"]["value"] == 1.0
    assert found[None, "position_consistency"]["note"] is None


def test_noise_alone_is_inconsistent_but_no_flip_in_excess() -> None:
    draw = random.Random(11)
    given = [{name: draw.choices("ABC", k=2) for name in ("base", "rotated-1")} for _ in range(600)]
    found = pooled("order", *pairs(given))
    assert found[None, "position_consistency"]["value"] == pytest.approx(1 / 3, abs=0.03)
    for metric in ("excess_flip", "first_preference", "consistency_beyond_coin"):
        row = found[None, metric]
        assert holds(row, 0), metric
    assert found[None, "position_consistency"]["note"] is None


def test_a_known_dose_of_first_preference_is_recovered_inside_its_interval() -> None:
    draw, given = random.Random(4), []
    for _ in range(400):
        better = draw.choice("AB")
        given.append(
            {name: ["AB"[at] if draw.random() < 0.3 else better for _ in range(2)]
             for at, name in enumerate(("base", "rotated-1"))}
        )  # fmt: skip
    found = pooled("order", *pairs(given))
    preference, flips = found[None, "first_preference"], found[None, "excess_flip"]
    assert holds(preference, 0.3)
    assert holds(flips, 0.3**2)  # half the sum of (p - q)^2


def test_without_repeats_the_consistency_says_that_it_has_no_floor() -> None:
    given = [{"base": ["A"], "rotated-1": ["A"]}] * 5
    found = pooled("order", *pairs(given))
    assert found[None, "excess_flip"]["value"] is None
    for metric in ("excess_flip", "position_consistency", "consistency_beyond_coin"):
        assert found[None, metric]["note"] == NO_FLOOR
    assert found[None, "first_preference"]["note"] is None


def test_unreadable_answers_are_counted_apart_and_bound_what_they_could_have_been() -> None:
    given: list[Verdicts] = [
        {"base": ["A", None], "rotated-1": [None, None]},
        {"base": ["A", "A"], "rotated-1": ["A", "A"]},
    ]
    found = pooled("order", *pairs(given))
    row = found[None, "position_consistency"]
    assert (row["value"], row["n"], row["n_missing"]) == (1.0, 1, 1)
    assert (row["bound_low"], row["bound_high"]) == (0.5, 1.0)
    preference = found[None, "first_preference"]
    # the first pair: own A once, else nothing; from 1/4 - 3/4 to all first
    assert (preference["bound_low"], preference["bound_high"]) == (-0.25, 0.5)
    assert found[None, "pair_unreadable"]["value"] == 3 / 8


def test_pairs_are_also_measured_by_how_far_apart_their_scores_lie() -> None:
    scored = [sample("score", ["x"], str(s), n, f"i{n // 2}") for n, s in enumerate((1, 5, 3, 3))]
    scored = [
        one.model_copy(update={"responses": (one.responses[0].model_copy(
            update={"author": f"r{n % 2}"}),)}) for n, one in enumerate(scored)
    ]  # fmt: skip
    two = [sample("pair", ["x", "y"], "B", 1, "i0"), sample("pair", ["x", "y"], "A", 2, "i1")]
    steady = {"base": ["B", "B"], "rotated-1": ["B", "B"]}
    found = pooled("order", [*scored, *two], [*[{}] * 4, steady, FIRST])
    assert found["far", "first_preference"]["value"] == 0.0
    assert found["close", "first_preference"]["value"] == 1.0
    assert found[None, "first_preference"]["value"] == 0.5


def turned(ranking: Any, size: int = 4) -> dict[str, list[str]]:
    return {
        f"rotated-{by}" if by else "base": [ranking(rotation(size, by))] * 2 for by in range(size)
    }


def test_a_judge_that_copies_the_order_shown_is_unmasked() -> None:
    samples = [sample("batch", ["x"] * 4, "ABCD", n) for n in range(5)]
    copied = turned(lambda shown: "".join(LETTERS[own] for own in shown))
    found = pooled("order", samples, [copied] * 5)
    assert found[None, "copy_rate"]["value"] == pytest.approx(1 - 1 / 24)
    assert found[None, "first_slot_lift"]["value"] == pytest.approx(0.75)
    assert found[None, "slot_correlation"]["value"] == pytest.approx(1.0)
    steady = pooled("order", samples, [turned(lambda _: "CDAB")] * 5)
    assert steady[None, "first_slot_lift"]["value"] == pytest.approx(0.0)
    assert steady[None, "slot_correlation"]["value"] == pytest.approx(0.0)
    assert steady[None, "order_tau"]["value"] == pytest.approx(1.0)
    assert steady[None, "excess_reordering"]["value"] == pytest.approx(0.0)


def test_slot_correlation_is_spearmans() -> None:
    given = {rotation(4, by): ["ACBD"] for by in range(4)} | {rotation(4, 1): ["DBCA"]}
    ranks = [([ranked.index(LETTERS[own]) for own in shown]) for shown, (ranked,) in given.items()]
    expected = fmean(spearmanr(range(4), of_one).statistic for of_one in ranks)
    assert features(given)[COLUMNS.index("slot")] == pytest.approx(expected)


def test_random_rankings_differ_between_orders_no_more_than_between_repeats() -> None:
    draw = random.Random(7)

    def any_two() -> list[str]:
        return ["".join(draw.sample("ABCD", 4)) for _ in range(2)]

    given = [{name: any_two() for name in turned(lambda _: "")} for _ in range(150)]
    samples = [sample("batch", ["x"] * 4, "ABCD", n) for n in range(150)]
    found = pooled("order", samples, given)
    for metric in ("excess_reordering", "first_slot_lift", "slot_correlation", "copy_rate"):
        row = found[None, metric]
        assert holds(row, 0), metric


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "percent", "cries"),
    [("ChatGPT/Vanilla_NoRules", 18.2, True), ("GPT-4/Vanilla_NoRules", 69.7, False)],
)
def test_recorded_verdicts_in_both_orders_give_the_published_consistency(
    shared_data: Path, judge: str, percent: float, cries: bool
) -> None:
    folder = shared_data / "llmbar"
    known = json.loads((folder / "published_statistics.json").read_text())
    published = known[f"Processed/FairEval/evaluators/{judge}"]["equal"]
    given: dict[int, Verdicts] = defaultdict(dict)
    letters = {"1": "A", "2": "B"}
    for line in (folder / "votes_all.jsonl").read_text().splitlines():
        row = json.loads(line)
        if (row["set"], row["judge"]) == ("Processed/FairEval", judge):
            winners = row["winner_original_order"], row["winner_swapped_order"]
            base, swapped = (letters.get(winner) for winner in winners)
            given[row["i"]] = {"base": [base], "rotated-1": [swapped]}
    found = pooled("order", *pairs(list(given.values()), None))
    row = found[None, "position_consistency"]
    assert row["n"] == 66
    consistent = int(published.split("/")[0])
    assert row["value"] == pytest.approx(consistent / 66)
    assert round(100 * row["value"], 1) == percent
    assert NO_FLOOR in row["note"]
    assert row["note"].startswith(ALARM) == cries
