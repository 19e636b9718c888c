import random
from typing import Any

import numpy as np
import pytest
from scipy.stats import page_trend_test

from data.make.facts import ItemFacts, ObjectFact, ReadoutFact, RelationFact
from data.records import Response
from tasks.probes import Variant
from tasks.probes.transforms import HARMLESS, LADDERS, TRANSFORMS
from tests.tasks.probes.pictured import item, near, of_arm
from tests.tasks.probes.verdict_tables import asked, estimated

SCORES = [item(n, label="12345"[n % 5]) for n in range(120)]
PAIRS = [item(n, "pair", "AB"[n % 2]) for n in range(120)]
JPEG = list(LADDERS["jpeg"])
TREE = ObjectFact(id="o", noun="tree", name="t", colour=None, box=(0, 0, 1, 1))


def facts(*known: Any) -> ItemFacts:
    return ItemFacts(item_id="i1", kind="k", difficulty=0, instruction="?", answer="a", facts=known)


def test_all_transforms_are_asked_but_a_flip_of_what_is_unknown() -> None:
    variants = asked("transforms", item(1))
    assert list(variants) == ["base", *(name for name in TRANSFORMS if name != "flipped")]
    assert variants["jpeg/30"].images[0].level == 30
    assert variants["jpeg/30"].cues == {"jpeg": (4.0,)}
    assert asked("transforms", item(1, images=())) == {}


def test_an_unchanged_picture_is_asked_afresh_because_its_repeats_are_others() -> None:
    variants = asked("transforms", item(1))
    assert variants["base"].repeats == (1,)
    assert {v.repeats for name, v in variants.items() if name != "base"} == {(2, 3)}


@pytest.mark.parametrize(
    ("known", "allowed"),
    [
        (facts(TREE), True),
        (facts(TREE, RelationFact(id="r", subject="o", value="above", object="o")), True),
        (facts(TREE, RelationFact(id="r", subject="o", value="left", object="o")), False),
        (facts(ReadoutFact(id="r", object=None, quantity="q", value=1, text="1", box=(0, 0, 1, 1))),
         False),
    ],
)  # fmt: skip
def test_a_flip_needs_facts_without_sides_and_without_anything_to_read(
    known: ItemFacts, allowed: bool
) -> None:
    assert ("flipped" in asked("transforms", item(1), facts={"i1": known})) == allowed
    sided = item(1, responses=(Response(author="r", text="It stands at the Left."),))
    assert "flipped" not in asked("transforms", sided, facts={"i1": known})


def test_greyscale_is_left_out_where_colours_matter() -> None:
    assert "greyscale" in asked("transforms", item(1))
    assert "greyscale" not in asked("transforms", item(1, instruction="Which roof is Red?"))
    coloured = facts(TREE.model_copy(update={"colour": "green"}))
    assert "greyscale" not in asked("transforms", item(1), facts={"i1": coloured})


def sensitive(variant: Variant, draw: random.Random) -> str:
    """Loses a quarter of a point per step of the JPEG ladder."""
    score = near(variant.sample, draw)
    steps = JPEG.index(variant.variant) + 1 if variant.variant in JPEG else 0
    return str(
        max(1, score - (draw.random() < 0.25 * steps) - (draw.random() < 0.25 * (steps - 4)))
    )


def test_a_ladder_that_moves_scores_has_a_slope_and_one_that_does_not_has_none() -> None:
    high = [item(n, label="45"[n % 2]) for n in range(120)]
    found = estimated("transforms", high, sensitive)
    moved, still = of_arm(found, "jpeg"), of_arm(found, "long-edge")
    assert moved["effect_slope"]["value"] == pytest.approx(-0.25, abs=0.06)  # 4 standard errors
    assert moved["effect_slope"]["high"] < 0
    assert moved["change_slope"]["low"] > 0.05
    assert abs(still["effect_slope"]["value"]) < 0.06
    assert abs(still["change_slope"]["value"]) < 0.06
    assert of_arm(found, "jpeg/10")["bias_conformity_excess"]["high"] < -0.1


def test_a_steady_judge_conforms_and_noise_is_no_bias() -> None:
    steady = estimated("transforms", SCORES, lambda variant, draw: variant.sample.labels[0].verdict)
    noisy = estimated("transforms", SCORES, lambda variant, draw: str(near(variant.sample, draw)))
    for arm in (name for name in TRANSFORMS if name != "flipped"):
        assert of_arm(steady, arm)["bias_conformity"]["value"] == 1
        assert of_arm(noisy, arm)["bias_conformity"]["value"] < 0.95
        assert abs(of_arm(noisy, arm)["bias_conformity_excess"]["value"]) < 0.06
        assert abs(of_arm(noisy, arm)["excess_change"]["value"]) < 0.12


def test_pairs_are_measured_by_excess_change_and_by_the_slope_of_changed_verdicts() -> None:
    def choose(variant: Variant, draw: random.Random) -> str:
        right = variant.sample.labels[0].verdict
        steps = JPEG.index(variant.variant) if variant.variant in JPEG else 0
        return {"A": "B", "B": "A"}[right] if draw.random() < 0.2 * steps else right

    found = estimated("transforms", PAIRS, choose)
    slope = of_arm(found, "jpeg", "pair")["change_slope"]
    assert slope["value"] == pytest.approx(0.2, abs=0.03)  # 4 standard errors
    assert of_arm(found, "jpeg/10", "pair")["excess_change"]["value"] > 0.4
    assert of_arm(found, "padded", "pair")["excess_change"]["value"] == 0
    assert "bias_conformity" not in of_arm(found, "padded", "pair")


def test_the_slope_agrees_with_pages_trend_test_where_images_are_independent() -> None:
    found = of_arm(estimated("transforms", SCORES, sensitive), "jpeg")["effect_slope"]
    draw = random.Random(5)
    steps = [Variant(variant=name, sample=SCORES[0], presented=(0,)) for name in JPEG]
    said = np.array([[float(sensitive(v.model_copy(update={"sample": s}), draw)) for v in steps]
                     for s in SCORES])  # fmt: skip
    assert page_trend_test(-said).pvalue < 1e-6
    assert found["high"] < 0


def test_an_unreadable_dose_is_missing_from_the_slope() -> None:
    def refusing(variant: Variant, draw: random.Random) -> str | None:
        return None if variant.variant == "jpeg/10" and variant.sample.item_id == "i3" else "3"

    found = of_arm(estimated("transforms", SCORES[:10], refusing), "jpeg")["change_slope"]
    assert (found["n"], found["n_missing"], found["value"]) == (9, 1, 0)


def test_each_ladder_goes_from_mild_to_strong_and_no_name_is_used_twice() -> None:
    assert [name.partition("/")[2] for name in LADDERS["jpeg"]] == ["95", "75", "50", "30", "10"]
    sides = [change.level for (change,) in LADDERS["long-edge"].values()]
    assert sides == sorted(sides, reverse=True) == [1568, 1024, 768, 512, 384]
    assert len(TRANSFORMS) == len(HARMLESS) + 10
