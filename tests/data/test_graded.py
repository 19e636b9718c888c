import io
import math

import numpy as np
import pytest
from PIL import Image

from data.make.graded import DIMENSIONS, graded_picture
from data.make.graded.colour import distance, lab
from data.make.graded.kinds import Doubt

SEEDS = range(6)


def pixels(png: bytes, doubt: Doubt) -> np.ndarray:
    """The doubt's box, grey levels."""
    left, top, right, bottom = doubt.box
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), float)[top:bottom, left:right]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_equal_arguments_give_equal_pictures_and_other_numbers_others(dimension: str) -> None:
    first, again, other = (graded_picture(dimension, number, 3) for number in (0, 0, 1))
    assert first == again
    assert first.png != other.png
    assert tuple(doubt.dose for doubt in first.doubts) == DIMENSIONS[dimension].doses


def test_a_bar_is_as_high_as_the_truth_and_the_error_is_the_dose_off() -> None:
    for seed in SEEDS:
        for doubt in graded_picture("value", 0, seed).doubts:
            low, high = sorted((int(doubt.truth), int(doubt.error)))
            assert 100 * (high / low - 1) == pytest.approx(doubt.dose, abs=0.02)
            assert doubt.box[3] - doubt.box[1] == pytest.approx(int(doubt.truth) * 0.036, abs=1)


def test_a_box_holds_as_many_dots_as_the_truth_and_the_error_is_the_dose_off() -> None:
    from scipy.ndimage import label

    for seed in SEEDS:
        picture = graded_picture("count", 0, seed)
        for doubt in picture.doubts:
            assert abs(int(doubt.truth) - int(doubt.error)) == doubt.dose
            left, top, right, bottom = doubt.box
            drawn = np.asarray(Image.open(io.BytesIO(picture.png)).convert("HSV"))
            inside = drawn[top + 2 : bottom - 2, left + 2 : right - 2, 1] > 60
            assert label(inside)[1] == int(doubt.truth)


def test_a_word_is_as_high_as_its_dose_and_one_letter_is_stated_wrong() -> None:
    for seed in SEEDS:
        picture = graded_picture("text", 0, seed)
        for doubt in picture.doubts:
            letters = zip(doubt.truth, doubt.error, strict=True)
            assert sum(one != other for one, other in letters) == 1
            ink = (255 - pixels(picture.png, doubt)).max(axis=1)
            height = (ink / ink.max()).sum()  # pixel rows, the partly inked ones in part
            assert height == pytest.approx(doubt.dose, abs=1.5)


def test_a_dot_lies_as_many_pixels_beside_its_line_as_the_dose() -> None:
    for seed in SEEDS:
        picture = graded_picture("position", 0, seed)
        for doubt in picture.doubts:
            ink = 255 - pixels(picture.png, doubt)
            ink = ink - ink.min()
            places = np.arange(ink.shape[1])
            line, dot = ((part.sum(0) * places).sum() / part.sum() for part in (ink[:32], ink[35:]))
            shift = doubt.dose if doubt.truth == "right" else -doubt.dose
            assert dot - line == pytest.approx(shift, abs=0.3)


def test_a_patch_has_the_colour_of_the_middle_one_and_the_other_is_the_dose_away() -> None:
    for seed in SEEDS:
        picture = graded_picture("colour", 0, seed)
        image = Image.open(io.BytesIO(picture.png))
        for doubt in picture.doubts:
            y = (doubt.box[1] + doubt.box[3]) // 2
            hue = {side: image.getpixel((x, y)) for side, x in
                   (("left", 218), ("middle", 358), ("right", 498))}  # fmt: skip
            assert hue[doubt.truth] == hue["middle"]
            away = distance(hue[doubt.error], hue["middle"])  # type: ignore[arg-type]
            assert away == pytest.approx(doubt.dose, rel=0.05)


def test_lab_has_the_published_values_of_srgb_primaries() -> None:
    # Lindbloom's calculator (sRGB, D65)
    published = {(255, 0, 0): (53.24, 80.09, 67.20), (0, 255, 0): (87.73, -86.18, 83.18),
                 (0, 0, 255): (32.30, 79.19, -107.86), (255, 255, 255): (100, 0, 0)}  # fmt: skip
    for rgb, expected in published.items():
        assert math.dist(lab(rgb), expected) < 0.1


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_statements_alone_do_not_tell_which_is_true(dimension: str) -> None:
    """The larger number, or the word that is later in the alphabet, is true half of the time."""
    doubts = [
        doubt for number in range(16) for doubt in graded_picture(dimension, number, 0).doubts
    ]
    later = sum(doubt.truth.zfill(9) > doubt.error.zfill(9) for doubt in doubts)
    assert abs(later - len(doubts) / 2) < 3 * math.sqrt(len(doubts) / 4)
