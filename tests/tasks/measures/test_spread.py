import numpy as np
import pytest

from tasks.measures.kinds import Columns
from tasks.measures.spread import effect_spread, features

COLUMNS = Columns(np.array([]), np.array([]))


def spread(rows: list[tuple[int, float, float]], groups: int = 4) -> float:
    sums = np.sum([features(group, groups, effect, twin) for group, effect, twin in rows], axis=0)
    return float(effect_spread(sums, COLUMNS))


def test_it_is_the_standard_deviation_of_the_groups_means_where_the_twin_has_none() -> None:
    rows = [(0, 1.0, 0.0), (0, 0.0, 0.0), (1, 2.0, 0.0), (2, -1.0, 0.0)]
    assert spread(rows) == pytest.approx(np.std([0.5, 2.0, -1.0]))


def test_what_the_twin_shows_too_is_taken_off_and_less_than_the_twin_is_below_zero() -> None:
    assert spread([(0, 1.0, 1.0), (1, -1.0, -1.0)]) == 0.0
    assert spread([(0, 0.0, 1.0), (1, 0.0, -1.0)]) == pytest.approx(-1.0)


def test_one_group_has_no_spread() -> None:
    assert np.isnan(spread([(0, 1.0, 0.0), (0, 3.0, 0.0)]))


def test_groups_treated_alike_give_nothing_on_average_and_unlike_ones_their_variance() -> None:
    rng = np.random.default_rng(0)
    true = np.array([0.3, -0.3, 0.1, -0.1])
    found: dict[int, list[float]] = {0: [], 1: []}
    for dose, values in found.items():
        for _ in range(1000):
            group = rng.integers(0, 4, 120)
            effect = rng.normal(dose * true[group], 1.0)
            sums = np.zeros(12)
            np.add.at(sums, 3 * group, 1.0)
            np.add.at(sums, 3 * group + 1, effect)
            np.add.at(sums, 3 * group + 2, rng.normal(0, 1.0, 120))
            values.append(float(effect_spread(sums, COLUMNS)))
    squared = {dose: np.mean(np.sign(v) * np.square(v)) for dose, v in found.items()}
    assert squared[0] == pytest.approx(0.0, abs=0.005)
    assert squared[1] == pytest.approx(np.var(true), abs=0.01)
