import numpy as np
import pytest

from tasks.measures.kinds import Columns
from tasks.measures.spread import effect_spread, features

COLUMNS = Columns(np.array([]), np.array([]))


def spread(rows: list[tuple[int, float, float]], groups: int = 4) -> float:
    sums = np.sum([features(group, groups, effect, twin) for group, effect, twin in rows], axis=0)
    return float(effect_spread(sums, COLUMNS))


def twice(*rows: tuple[int, float, float]) -> list[tuple[int, float, float]]:
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


@pytest.mark.parametrize("dose", [0.0, 1.0])
def test_groups_give_their_variance_on_average_though_the_change_adds_noise(dose: float) -> None:
    rng = np.random.default_rng(0)
    true, squares = np.array([0.3, -0.3, 0.1, -0.1]), []
    for _ in range(1000):
        group = rng.integers(0, 4, 120)
        effect = rng.normal(dose * true[group], 1.3)
        twin = rng.normal(0, 1.0, 120)
        sums = np.zeros((4, 5))
        np.add.at(sums, group, np.array([np.ones(120), effect, twin, effect**2, twin**2]).T)
        found = float(effect_spread(sums.reshape(-1), COLUMNS))
        squares.append(np.sign(found) * found**2)
    assert np.mean(squares) == pytest.approx(dose * np.var(true), abs=0.006)
