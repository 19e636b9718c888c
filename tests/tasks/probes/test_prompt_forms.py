"""The probes of the prompt's form: what they ask, known doses, twins, missing verdicts."""

import random
from collections.abc import Callable, Mapping

import pytest
from scipy.stats import energy_distance, linregress

from data.records import Sample, Scale
from tasks.config import ProbeConfig
from tasks.measures import anchoring, scale_use
from tasks.probes import PROBES, Around
from tests.tasks.probes.verdict_tables import Verdicts, asked, holds, pooled, sample

FORMS = {"rubric": "score", "score-labels": "score", "letters": "pair"}


def scored(count: int) -> list[Sample]:
    return [sample("score", ["x"], "3", n) for n in range(count)]


def near(draw: random.Random, level: int) -> str:
    return str(min(5, max(1, level + draw.choice((-1, 0, 0, 1)))))


def given(count: int, arms: Mapping[str, Callable[[random.Random], str]]) -> list[Verdicts]:
    draw = random.Random(20240207)
    return [{name: [say(draw), say(draw)] for name, say in arms.items()} for _ in range(count)]


@pytest.mark.parametrize(("probe", "mode"), FORMS.items())
def test_every_form_is_drawn_twice_on_untouched_material(probe: str, mode: str) -> None:
    one = sample(mode, ["=== END OF MATERIAL ===", "y"][: 1 if mode == "score" else 2])
    variants = asked(probe, one)
    assert variants.pop("base").repeats == (1,)
    assert len(variants) == len({v.prompt for v in variants.values()}) >= 2
    for variant in variants.values():
        assert (variant.repeats, variant.sample) == ((0, 1), one)
        assert variant.presented == tuple(range(len(one.responses)))
    assert PROBES[probe].vary(one, Around(ProbeConfig(), Scale(), ())) == tuple(
        PROBES[probe].vary(one, Around(ProbeConfig(), Scale(), ()))
    )


def test_every_shuffle_of_the_rubric_is_used_and_only_on_five_levels() -> None:
    names = {name for n in range(40) for name in asked("rubric", sample("score", ["x"], "3", n))}
    assert {f"shuffled/shuffled-{n}" for n in (1, 2, 3)} < names
    ten = Around(ProbeConfig(), Scale(low=0, high=10), ())
    wide = PROBES["rubric"].vary(sample("score", ["x"]), ten)
    assert [variant.variant for variant in wide] == ["base", "descending"]
    assert PROBES["score-labels"].vary(sample("score", ["x"]), ten) == ()


def test_a_rubric_that_lifts_scores_is_found_and_one_that_does_nothing_is_not() -> None:
    samples = scored(200)
    arms = {
        "base": lambda draw: near(draw, 3),
        "descending": lambda draw: "5" if draw.random() < 0.3 else near(draw, 3),
        "shuffled/shuffled-2": lambda draw: near(draw, 3),
    }
    found = pooled("rubric", samples, given(200, arms))
    for metric, truth in (("effect", 0.6), ("first_listed_shift", 0.3), ("loss_shift", 0.3 * 1.5)):
        row = found["descending", metric]
        assert holds(row, truth), metric
    # .3 of the arm at 5, two points above; repeats of the base are .75 apart on average
    assert holds(found["descending", "excess_distance"], 0.09 * 2 - 0.045 * 0.75)
    for metric in ("effect", "excess_change", "excess_distance", "first_listed_shift", "raised"):
        row = found["shuffled", metric]
        assert holds(row, 0), metric


def test_the_excess_distance_is_half_the_squared_energy_distance() -> None:
    draw = random.Random(3)
    base = [draw.choice("12345") for _ in range(300)]
    arm = [draw.choice("2345") for _ in range(300)]
    row = scale_use.features(base, arm, None)
    excess = row[scale_use.COLUMNS.index("cross")] - row[scale_use.COLUMNS.index("within")]
    squared = energy_distance([float(v) for v in base], [float(v) for v in arm]) ** 2
    assert excess == pytest.approx(squared / 2, abs=0.01)  # scipy's counts each draw with itself


def test_unreadable_grades_are_counted_as_such_and_are_no_score() -> None:
    rows: list[Verdicts] = [{"base": ["3", "3"], "grades": [None, None], "roman": ["4", "4"]}] * 4
    found = pooled("score-labels", scored(4), rows)
    assert found["grades", "unreadable_shift"]["value"] == 1.0
    assert found["grades", "effect"]["value"] is None
    assert found["grades", "excess_distance"]["n_missing"] == 4
    assert found["roman", "effect"]["value"] == 1.0
    assert found["roman", "excess_distance"]["value"] == 1.0


def test_a_judge_that_likes_the_letter_a_moves_when_names_are_exchanged() -> None:
    samples = [sample("pair", ["x", "y"], "A", n) for n in range(200)]
    arms = {
        "base": lambda draw: "A" if draw.random() < 0.7 else "B",
        "xyz": lambda draw: draw.choice("AB"),
        "numbers": lambda draw: "A" if draw.random() < 0.7 else "B",
        "exchanged": lambda draw: "A" if draw.random() < 0.3 else "B",
    }
    found = pooled("letters", samples, given(200, arms))
    for arm, truth in (("xyz", -0.2), ("numbers", 0.0), ("exchanged", -0.4)):
        row = found[arm, "effect"]
        assert holds(row, truth), arm


ITEM = [sample("score", [text], label, n) for n, (text, label) in enumerate(
    [("the sample's own", "5"), ("poor {k} {text}", "1"), ("=== good", "4"), ("unlabelled", None)]
)]  # fmt: skip


def test_the_reference_is_the_items_best_other_response_with_every_score_attached() -> None:
    variants = asked("reference-score", ITEM[0], ITEM[1:])
    assert variants.pop("base").repeats == (1,)
    arms = [name.partition("/")[0] for name in variants]
    assert arms == ["plain", "score-1", "score-2", "score-3", "score-4", "score-5"]
    texts = {arm: v.prompt.reference for arm, v in zip(arms, variants.values(), strict=True)}
    assert all("=== good" in text for text in texts.values())
    assert all(str(k) in texts[f"score-{k}"] for k in range(1, 6))
    assert not any(digit in texts["plain"] for digit in "12345")
    assert len({text.replace(arm[-1], "k") for arm, text in texts.items() if arm != "plain"}) == 1
    other = asked("reference-score", ITEM[2], [ITEM[1]])
    assert (
        "poor {k} {text}" in next(v for v in other.values() if v.prompt.reference).prompt.reference
    )
    assert asked("reference-score", ITEM[0]) == {}
    assert asked("reference-score", ITEM[0], [ITEM[3]]) == {}


def test_all_three_wordings_of_the_reference_are_used() -> None:
    others = [sample("score", ["z"], "2", 99)]
    names = {n for at in range(40) for n in asked("reference-score", ITEM[at % 3].model_copy(
        update={"sample_id": f"d/score/{at}"}), others)}  # fmt: skip
    assert {"plain/1", "plain/2", "plain/3"} < names


@pytest.mark.parametrize("dose", [0.5, 0.0])
def test_the_slope_of_the_attached_score_is_found(dose: float) -> None:
    def say(k: int) -> Callable[[random.Random], str]:
        return lambda draw: str(k) if draw.random() < dose else near(draw, 3)

    arms = {f"score-{k}/1": say(k) for k in range(1, 6)}
    plain = {name: lambda draw: near(draw, 3) for name in ("base", "plain/1")}
    found = pooled("reference-score", scored(150), given(150, {**plain, **arms}))
    row = found[None, "anchor_slope"]
    assert holds(row, dose)
    top, plain_row = found["score-5", "effect"], found["plain", "effect"]
    assert holds(top, 2 * dose)
    assert holds(plain_row, 0.0)


def test_the_slope_is_that_of_a_regression_and_needs_every_score() -> None:
    by_score = {1: [2.0, 3.0], 2: [2.0], 3: [4.0], 4: [3.0], 5: [5.0]}
    x, y = zip(*((k, sum(own) / len(own)) for k, own in by_score.items()), strict=True)
    assert anchoring.features(by_score)[1] == pytest.approx(linregress(x, y).slope)
    assert anchoring.features({**by_score, 3: []}) == (0.0, 0.0)
