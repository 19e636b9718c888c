"""Intervals of means whose samples lie askew."""

import numpy as np
import pytest
from scipy.stats import bootstrap, norm, t

from data.records import Estimate
from tasks.config import BootstrapConfig
from tasks.measures.estimates import estimates
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Measure, ratio
from tasks.measures.replicates import Job
from tasks.measures.resampling import strata
from tasks.measures.skewness import Lean, _lean
from tasks.measures.subjects import Subject
from tasks.probes.rows import PLAIN

MEAN = Measure(
    "mean", "score", "neither", lambda sums, columns: ratio(sums[..., 1], sums[..., 0]), skewed=True
)
SKEWED = np.random.default_rng(20261130).exponential(size=400)


def estimated(values: Floats, sources: int = 1, replicates: int = 20_000) -> dict[str, Estimate]:
    """The mean of values, each of an image of its own, by group."""
    samples = [
        {"sample_id": f"{at}", "source": f"s{at % sources}", "cluster_id": f"c{at}"}
        for at in range(len(values))
    ]
    ones = np.ones(len(values), dtype=np.int64)
    job = Job(
        Subject("j", "score", "analyze", None, "single answer"),
        Evidence(PLAIN, np.column_stack([ones, values]), ones, ones),
        [MEAN],
    )
    rows = estimates([job], strata(samples), BootstrapConfig(replicates=replicates, seed=1))
    return {row.group: row for row in rows}


def test_the_ends_are_those_of_another_librarys_bca_where_images_are_many() -> None:
    row = estimated(SKEWED)["pooled"]
    rng = np.random.default_rng(2)
    its = bootstrap((SKEWED,), np.mean, n_resamples=20_000, method="BCa", rng=rng)
    low, high = its.confidence_interval
    assert row.low == pytest.approx(low, abs=0.03 * (high - low))
    assert row.high == pytest.approx(high, abs=0.03 * (high - low))


def test_they_lie_further_on_the_side_to_which_the_samples_lean() -> None:
    for values, sign in ((SKEWED[:40], 1), (-SKEWED[:40], -1)):
        row = estimated(values)["pooled"]
        assert row.low is not None and row.high is not None and row.value is not None
        assert sign * (row.high - row.value) > sign * (row.value - row.low)
        assert (
            row.method == "bootstrap corrected for skewness, of images within sources, "
            "20000 replicates"
        )


def test_without_skewness_they_are_students_with_the_variance_of_few_images() -> None:
    lean = _lean([np.array([-3.0, 3.0] * 5)], [10])
    assert lean is not None
    low, high = lean.shares(0.95)
    assert high == pytest.approx(norm.cdf(t.ppf(0.975, 9) * np.sqrt(10 / 9)))
    assert low == pytest.approx(1 - high)
    many = Lean(0.0, 1.0, 100_000).shares(0.95)
    assert many == pytest.approx((0.025, 0.975), abs=1e-4)


def test_groups_without_images_or_with_one_change_nothing() -> None:
    values = np.array([-3.0, 1.0, 2.0])
    alone = _lean([values], [3])
    assert alone == _lean([values, np.array([]), np.array([5.0])], [3, 0, 1])
    assert _lean([np.array([5.0]), np.array([1.0])], [1, 1]) is None


def test_a_small_group_that_spreads_more_leaves_few_degrees_of_freedom() -> None:
    small, large = 10 * np.array([-1.0, 1.0] * 5), np.array([-1.0, 1.0] * 50)
    uneven, even = _lean([small, large], [10, 100]), _lean([small / 10, large], [10, 100])
    assert uneven is not None and even is not None
    # Welch and Satterthwaite by hand: (1000/9*10 + 100/99*100)^2 / (...)
    parts = np.array([1000 * 10 / 9, 100 * 100 / 99])
    assert uneven.freedom == pytest.approx(parts.sum() ** 2 / (parts**2 / [9, 99]).sum())
    assert uneven.freedom < 11 < even.freedom


def test_what_sources_differ_in_is_no_skewness() -> None:
    even = np.tile([-1.0, 1.0], 40)
    apart = np.where(np.arange(80) % 4 < 1, even + 100, even)  # a fourth lies elsewhere
    found = estimated(apart, sources=4)
    for group in ("pooled", "macro"):
        row = found[group]
        assert row.low is not None and row.high is not None and row.value is not None
        assert row.high - row.value == pytest.approx(row.value - row.low, rel=0.05)


def test_judges_that_change_nothing_have_an_interval_of_no_width() -> None:
    row = estimated(np.zeros(30), replicates=400)["pooled"]
    assert (row.low, row.value, row.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("acceleration", [-1 / 6, 0.0, 1 / 6])
@pytest.mark.parametrize("images", [2, 3, 8, 1000])
def test_ends_are_shares_however_few_the_images_and_however_skewed(
    acceleration: float, images: int
) -> None:
    low, high = Lean(acceleration, images / (images - 1), images - 1).shares(0.999)
    assert 0 <= low < high <= 1
