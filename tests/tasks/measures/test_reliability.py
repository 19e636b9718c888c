"""Reliability of repeated scores against a published example and a brute-force twin."""

from collections.abc import Sequence

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.measures.kinds import Columns, Floats
from tasks.measures.reliability import (
    answers_needed,
    coincidences,
    features,
    icc_agreement,
    icc_agreement_mean,
    repeat_alpha,
    repeats_for_80,
    repeats_for_90,
    sem,
    spearman_brown,
)

NO_COLUMNS = Columns(np.array([]), np.array([]))
SHROUT_FLEISS = [  # Shrout and Fleiss (1979), table 2: six targets, four judges
    (9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7),
]  # fmt: skip


def sums(rows: Sequence[Sequence[float]]) -> Floats:
    return np.asarray(np.array([features(row) for row in rows]).sum(axis=0))


def test_the_published_example_comes_out() -> None:
    assert round(float(icc_agreement(sums(SHROUT_FLEISS), NO_COLUMNS)), 2) == 0.29


def test_the_mean_of_four_judges_is_as_reliable_as_published() -> None:
    assert round(float(icc_agreement_mean(sums(SHROUT_FLEISS), NO_COLUMNS)), 2) == 0.62


def test_repeats_needed_are_the_smallest_number_that_reaches_the_reliability() -> None:
    single = icc_agreement(sums(SHROUT_FLEISS), NO_COLUMNS)
    for wanted, measure in ((0.8, repeats_for_80), (0.9, repeats_for_90)):
        needed = float(measure(sums(SHROUT_FLEISS), NO_COLUMNS))
        assert float(spearman_brown(single, needed)) >= wanted
        assert float(spearman_brown(single, needed - 1)) < wanted
    assert answers_needed(np.array([1.0, 0.9]), 0.9).tolist() == [1.0, 1.0]
    assert np.isnan(answers_needed(np.array([0.0, -0.2]), 0.9)).all()


tables = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 5), min_size=k, max_size=k), min_size=3, max_size=8)
)


@given(tables)
def test_it_equals_the_sums_over_the_table(rows: list[list[int]]) -> None:
    x = np.array(rows, dtype=float)
    n, k = x.shape
    grand, by_row, by_column = x.mean(), x.mean(1), x.mean(0)
    requests = k * ((by_row - grand) ** 2).sum() / (n - 1)
    repeats = n * ((by_column - grand) ** 2).sum() / (k - 1)
    left = x - by_row[:, None] - by_column[None] + grand
    error = (left**2).sum() / ((n - 1) * (k - 1))
    whole = requests + (k - 1) * error + k * (repeats - error) / n
    found = float(icc_agreement(sums(rows), NO_COLUMNS))
    if whole > 1e-9:
        assert found == pytest.approx((requests - error) / whole, abs=1e-9)
    elif abs(whole) < 1e-12:
        assert np.isnan(found)
    if found > 1e-6:
        mean = float(icc_agreement_mean(sums(rows), NO_COLUMNS))
        assert mean == pytest.approx(float(spearman_brown(np.array(found), k)), rel=1e-6)
    variance = max(error + (repeats - error) / n, 0.0)
    assert float(sem(sums(rows), NO_COLUMNS)) == pytest.approx(np.sqrt(variance), abs=1e-6)


def test_a_judge_that_never_changes_has_no_error() -> None:
    rows = [(1.0, 1.0, 1.0), (5.0, 5.0, 5.0), (3.0, 3.0, 3.0)]
    assert float(icc_agreement(sums(rows), NO_COLUMNS)) == pytest.approx(1.0)
    assert float(sem(sums(rows), NO_COLUMNS)) == pytest.approx(0.0, abs=1e-7)


def test_one_request_tells_nothing() -> None:
    assert np.isnan(icc_agreement(sums([(1.0, 2.0)]), NO_COLUMNS))


@pytest.mark.parametrize("ordinal", [True, False])
def test_alpha_over_repeats_is_krippendorffs(ordinal: bool) -> None:
    draw = np.random.default_rng(7)
    units = [list(draw.integers(0, 4, size=draw.integers(2, 6))) for _ in range(40)]
    levels = np.arange(4, dtype=np.float64)
    columns = Columns(levels, levels if ordinal else np.array([]))
    found = repeat_alpha(np.sum([coincidences(unit, 4) for unit in units], axis=0), columns)
    table = np.full((5, 40), np.nan)
    for place, unit in enumerate(units):
        table[: len(unit), place] = unit
    domain = list(range(4))
    if ordinal:
        known = krippendorff.alpha(table, level_of_measurement="ordinal", value_domain=domain)
    else:
        known = krippendorff.alpha(table, level_of_measurement="nominal", value_domain=domain)
    assert float(found) == pytest.approx(known, abs=1e-9)
