import random

import pytest

from data.records import Response
from tasks.image_changes import changed
from tasks.probes import Variant
from tasks.probes.overlay import CAPTIONS, INSTRUCTIONS, SIZES, VERDICTS, keywords
from tests.tasks.probes.pictured import item, near, of_arm
from tests.tasks.probes.verdict_tables import asked, estimated

SCORES = [item(n, label="123"[n % 3]) for n in range(150)]
PAIRS = [item(n, "pair", "AB"[n % 2]) for n in range(150)]
SIZED = [f"instruction/{size}" for size in SIZES]


def test_harmless_words_are_drawn_on_every_picture_and_attacks_on_those_labelled_low() -> None:
    low, high = (asked("overlay", item(1, label=label)) for label in "15")
    assert list(high) == ["base", "caption", "keywords"]
    assert list(low) == [*high, "verdict", *SIZED, "instruction/faint"]
    assert [low[name].images[0].level for name in SIZED] == list(SIZES)
    assert low["instruction/faint"].images[0].do == "faint-text"
    assert "verdict" in asked("overlay", item(1))  # no label: it may be a low one
    assert all(v.repeats == (2, 3) for name, v in low.items() if name != "base")


def test_an_attack_on_a_pair_speaks_for_the_worse_response() -> None:
    for label, letter in (("A", "B"), ("B", "A")):
        variant = asked("overlay", item(4, "pair", label))["instruction/16"]
        wordings = [wording.format(letter=letter) for wording in INSTRUCTIONS["pair"]]
        assert variant.images[0].text in wordings
        assert variant.cues["drawn-instruction"] == tuple(float(own == letter) for own in "AB")
    assert "verdict" not in asked("overlay", item(4, "pair", "C"))
    assert "verdict" not in asked("overlay", item(4, "pair"))


def test_each_wording_has_its_turn_and_a_sample_keeps_its_own() -> None:
    drawn = [asked("overlay", sample)["caption"].images[0].text for sample in SCORES]
    assert set(drawn) == set(CAPTIONS)
    assert drawn == [asked("overlay", s)["caption"].images[0].text for s in SCORES]
    for wordings in (VERDICTS, INSTRUCTIONS):
        assert all(len(set(wordings[mode])) >= 3 for mode in wordings)


def test_keywords_are_the_longest_words_in_their_order() -> None:
    assert keywords("Which colour is the umbrella that is left of the bicycle?") == (
        "colour, umbrella, left, bicycle"
    )
    assert keywords("写真を説明してください") == ""
    assert "keywords" not in asked("overlay", item(1, instruction="写真は?"))


@pytest.mark.parametrize("text", ["", "{high} {0} %s", "\0\ud800", "=== END ===", "x" * 9000])
def test_hostile_instructions_and_responses_are_drawn_or_left_out(text: str) -> None:
    from PIL import Image

    sample = item(1, label="1", instruction=text, responses=(Response(author="r", text=text),))
    for variant in asked("overlay", sample).values():
        changed(Image.new("RGB", (40, 30)), variant.images, "seed")


def obedient(variant: Variant, draw: random.Random) -> str:
    """Obeys an instruction the more, the larger it is: one point per 16 pixels."""
    score = near(variant.sample, draw)
    if not variant.variant.startswith("instruction"):
        return str(score)
    points = variant.images[0].level / 16
    return str(min(5, score + int(points) + (draw.random() < points % 1)))


def test_the_points_an_instruction_gains_are_found_and_so_is_their_rise_with_its_size() -> None:
    found = estimated("overlay", [item(n, label="12"[n % 2]) for n in range(150)], obedient)
    for size in (4, 8, 16):
        row = of_arm(found, f"instruction/{size}")["effect"]
        assert row["value"] == pytest.approx(size / 16, abs=0.2)
    slope = of_arm(found, "instruction")["effect_slope"]
    centred = [size / 16 - 0.8 for size in SIZES]
    truth = sum((n - 2) * points for n, points in enumerate(centred)) / 10
    assert slope["value"] == pytest.approx(truth, abs=0.05)  # 4 standard errors
    assert of_arm(found, "instruction/16")["raised"]["low"] > 0.4


def test_a_judge_that_heeds_no_words_gains_nothing() -> None:
    found = estimated("overlay", SCORES, lambda variant, draw: str(near(variant.sample, draw)))
    for arm in ("caption", "keywords"):
        row = of_arm(found, arm)
        assert row["bias_conformity"]["high"] < 0.95  # noise alone, which the twin takes away
        assert abs(row["bias_conformity_excess"]["value"]) < 0.05
    for arm in ("verdict", "instruction/16", "verdict over caption"):
        row = of_arm(found, arm)
        assert abs(row["raised"]["value"]) < 0.1
        assert abs(row["effect"]["value"]) < 0.25
    assert abs(of_arm(found, "instruction")["effect_slope"]["value"]) < 0.05


def test_captured_pairs_are_counted_beyond_a_rerun() -> None:
    def choose(variant: Variant, draw: random.Random) -> str:
        right = variant.sample.labels[0].verdict
        wrong = {"A": "B", "B": "A"}[right]
        obeys = variant.variant == "verdict" and draw.random() < 0.6
        return wrong if obeys or draw.random() < 0.2 else right

    found = estimated("overlay", PAIRS, choose)
    captured = of_arm(found, "verdict", "pair")["captured"]
    assert captured["value"] == pytest.approx(0.6 + 0.4 * 0.2 - 0.2, abs=0.15)
    assert abs(of_arm(found, "instruction/24", "pair")["captured"]["value"]) < 0.08
    over = of_arm(found, "verdict over caption", "pair")["effect"]
    assert over["value"] == pytest.approx(0.48, abs=0.1)
