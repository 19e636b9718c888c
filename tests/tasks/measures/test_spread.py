from collections.abc import Sequence

import numpy as np
import pytest

from tasks.measures.kinds import Columns, Floats, Ints
from tasks.measures.spread import Moved, effect_spread, features

COLUMNS = Columns(np.array([]), np.array([]))
Row = tuple[int, float, float]


def of_images(images: Sequence[Sequence[Row]], groups: int = 4) -> float:
    sums = np.sum([features([Moved(*row) for row in rows], groups) for rows in images], axis=0)
    return float(effect_spread(sums, COLUMNS))


def spread(rows: list[Row], groups: int = 4) -> float:
    """Every sample with an image of its own."""
    return of_images([[row] for row in rows], groups)


def twice(*rows: Row) -> list[Row]:
    return [row for row in rows for _ in range(2)]


def test_it_is_the_standard_deviation_of_the_groups_means_where_nothing_else_varies() -> None:
    rows = twice((0, 0.5, 0.0), (1, 2.0, 0.0), (2, -1.0, 0.0))
    assert spread(rows) == pytest.approx(np.std([0.5, 2.0, -1.0]))


def test_differences_within_groups_are_taken_off() -> None:
    rows = [(0, 1.0, 0.0), (0, 0.0, 0.0), (1, 2.0, 0.0), (1, 3.0, 0.0)]
    noise = np.var([0, 1], ddof=1) / 2  # of each group's mean; half of it is in their variance
    assert spread(rows) == pytest.approx(np.sqrt(np.var([0.5, 2.5]) - noise / 2))


def test_what_the_twin_shows_too_is_taken_off_and_less_than_the_twin_is_below_zero() -> None:
    assert spread(twice((0, 1.0, 1.0), (1, -1.0, -1.0))) == 0.0
    assert spread(twice((0, 0.0, 1.0), (1, 0.0, -1.0))) == pytest.approx(-1.0)


def test_one_group_has_no_spread() -> None:
    assert np.isnan(spread([(0, 1.0, 0.0), (0, 3.0, 0.0), (1, 5.0, 5.0)]))
    assert np.isnan(of_images([[(0, 1.0, 0.0), (0, 3.0, 0.0)], [(1, 5.0, 5.0), (1, 4.0, 4.0)]]))


def test_more_samples_of_the_same_image_are_no_more_evidence() -> None:
    rng = np.random.default_rng(3)
    rows = [(int(group), *rng.normal(size=2)) for group in rng.integers(0, 4, 40)]
    again = of_images([[row] * 3 for row in rows])
    assert again == pytest.approx(spread(rows))


def test_it_equals_the_groups_variance_less_the_covariance_of_their_means_over_images() -> None:
    rng = np.random.default_rng(4)
    images = [
        [(int(rng.integers(0, 3)), *map(float, rng.normal(size=2) + shared))
         for _ in range(rng.integers(1, 4))]
        for shared in rng.normal(size=30)
    ]  # fmt: skip
    beyond = _beyond(images, 1) - _beyond(images, 2)
    expected = np.sign(beyond) * np.sqrt(abs(beyond))
    assert of_images(images, 3) == pytest.approx(expected)  # type: ignore[arg-type]


def _beyond(images: Sequence[Sequence[tuple[float, ...]]], which: int) -> float:
    """By loops: variance of the group means less its expectation from differences of images."""
    by_group = [[[r[which] for r in rows if r[0] == g] for rows in images] for g in range(3)]
    means = [np.mean([value for values in own for value in values]) for own in by_group]
    left = []
    for own, mean in zip(by_group, means, strict=True):
        number, some = sum(map(len, own)), sum(map(bool, own))
        residuals = [sum(value - mean for value in values) / number for values in own]
        left.append(np.array(residuals) * np.sqrt(some / (some - 1)))
    noise = np.array(left) @ np.array(left).T
    centring = np.eye(3) - 1 / 3
    return float(np.var(means) - np.trace(centring @ noise) / 3)


def fast(group: Ints, effect: Floats, twin: Floats, image: Ints) -> float:
    """The value from sums over images, without a row for each."""
    images, groups = int(image.max()) + 1, 4
    parts = np.zeros((3, images, groups))
    for part, values in zip(parts, (np.ones(len(group)), effect, twin), strict=True):
        np.add.at(part, (image, group), values)
    count, effects, twins = parts
    products = [count.T @ count]
    for sums in (effects, twins):
        products += [count.T @ sums, sums.T @ sums]
    rows = [(count > 0).sum(0), *parts.sum(1), *(product.ravel() for product in products)]
    return float(effect_spread(np.concatenate(rows).astype(float), COLUMNS))


@pytest.mark.parametrize("dose", [0.0, 1.0])
@pytest.mark.parametrize("per_image", [1, 3])
def test_groups_give_their_variance_on_average_whatever_adds_noise(
    dose: float, per_image: int
) -> None:
    rng = np.random.default_rng(0)
    true, squares = np.array([0.3, -0.3, 0.1, -0.1]), []
    image = np.repeat(np.arange(120 // per_image), per_image)
    for _ in range(1000):
        group = rng.integers(0, 4, 120)
        shared = rng.normal(0, 0.6, 120)[image]
        found = fast(
            group,
            dose * true[group] + shared + rng.normal(0, 1.3, 120),
            shared + rng.normal(0, 1.0, 120),
            image,
        )
        squares.append(np.sign(found) * found**2)
    error = np.std(squares) / np.sqrt(len(squares))
    assert np.mean(squares) == pytest.approx(dose * np.var(true), abs=4 * error)
