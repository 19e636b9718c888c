"""The probes `image-order` and `image-place`."""

import random

import pytest

from tasks.probes import Variant
from tests.tasks.probes.pictured import item, near, of_arm, picture
from tests.tasks.probes.verdict_tables import asked, estimated

TWO = (picture(1), picture(2))


def test_several_pictures_are_turned_round_and_one_is_not() -> None:
    variants = asked("image-order", item(1, images=(*TWO, picture(3))))
    assert variants["turned"].sample.images == (picture(3), picture(2), picture(1))
    assert variants["turned"].repeats == (2, 3)
    assert variants["base"].repeats == (1,)
    assert asked("image-order", item(1)) == {}
    assert asked("image-order", item(1, images=(picture(1), picture(1)))) == {}


@pytest.mark.parametrize(
    "words", ["What does the second photo show?", "Compare Image 1 with Image 2.", "And figure B?"]
)
def test_pictures_that_words_number_keep_their_order(words: str) -> None:
    assert asked("image-order", item(1, images=TWO, instruction=words)) == {}
    assert asked("image-order", item(1, images=TWO, instruction="Compare the images.")) != {}


def test_the_picture_is_asked_about_before_the_words() -> None:
    variants = asked("image-place", item(1))
    assert variants["first"].prompt.image_first
    assert variants["first"].sample == item(1)
    assert asked("image-place", item(1, images=())) == {}


@pytest.mark.parametrize(("probe", "arm"), [("image-order", "turned"), ("image-place", "first")])
def test_a_known_shift_is_found_and_none_where_there_is_none(probe: str, arm: str) -> None:
    samples = [item(n, label="234"[n % 3], images=TWO) for n in range(150)]

    def shifted(variant: Variant, draw: random.Random) -> str:
        lower = variant.variant == arm and draw.random() < 0.5
        return str(max(1, near(variant.sample, draw) - lower))

    found = of_arm(estimated(probe, samples, shifted), arm)["effect"]
    assert found["value"] == pytest.approx(-0.47, abs=0.2)  # one in 15 scores cannot fall
    assert found["high"] < 0
    still = estimated(probe, samples, lambda variant, draw: str(near(variant.sample, draw)))
    assert abs(of_arm(still, arm)["effect"]["value"]) < 0.2
    assert abs(of_arm(still, arm)["excess_change"]["value"]) < 0.08


def test_rankings_are_asked_too() -> None:
    samples = [item(n, "batch", "ABC", images=TWO) for n in range(30)]

    def rank(variant: Variant, draw: random.Random) -> str:
        return "CBA" if variant.variant in {"turned", "first"} else "ABC"

    for probe, arm in (("image-order", "turned"), ("image-place", "first")):
        found = of_arm(estimated(probe, samples, rank), arm, "batch")
        assert found["excess_change"]["value"] == 1
        assert found["loss_shift"]["value"] == 1
