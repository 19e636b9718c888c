"""The promise of `judgeflow power`, kept by simulation and by its own inverse."""

import numpy as np
import pytest

from tasks.measures.power import (
    deviation_per_image,
    images_needed,
    of_difference,
    smallest_difference,
)


def test_the_promised_share_of_tests_finds_the_difference() -> None:
    images = images_needed(1.0, 0.25, level=0.95, power=0.8)
    draws = np.random.default_rng(7).normal(0.25, 1.0, (8000, images))
    z = draws.mean(1) / (draws.std(1, ddof=1) / np.sqrt(images))
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.02)


def test_the_smallest_difference_needs_just_the_images_there_are() -> None:
    difference = smallest_difference(0.7, 200, level=0.9, power=0.9)
    assert images_needed(0.7, difference * 1.0001, level=0.9, power=0.9) == 200


def test_an_interval_gives_back_the_deviation_it_was_made_of() -> None:
    half = 1.959964 * 0.4 / np.sqrt(50)
    assert deviation_per_image(0.5 - half, 0.5 + half, 0.95, 50) == pytest.approx(0.4, rel=1e-6)


def test_figures_that_move_together_differ_less() -> None:
    assert of_difference(1.0, 0.0) == pytest.approx(np.sqrt(2))
    assert of_difference(1.0, 0.5) == pytest.approx(1.0)
