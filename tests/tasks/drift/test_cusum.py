"""The recursion against a twin, published run lengths and an exact chain; the limit's promise."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from tasks.drift.cusum import ALLOWANCE, Floats, began, cusum, deviation, peaks, standardised, step
from tasks.drift.limits import chart_share, limit, null_streams


def twin(z: list[float], k: float, sign: float) -> list[float]:
    """A sum by its other definition: the largest sum of what came last, or nothing."""
    steps = [sign * value - k for value in z]
    return [
        max(0.0, *(sum(steps[start : end + 1]) for start in range(end + 1)))
        for end in range(len(z))
    ]


@pytest.mark.parametrize("k", [0.5, 1.0])
def test_the_sums_are_those_of_a_brute_force_twin(k: float) -> None:
    z = np.random.default_rng(1).standard_normal(40) * 2
    found = cusum(z, k)
    assert np.allclose(found.above, twin(list(z), k, 1.0))
    assert np.allclose(found.below, twin(list(z), k, -1.0))
    many = np.stack([z, -z], axis=1)
    assert np.allclose(cusum(many, k).above[:, 1], found.below)
    highest = np.maximum(found.above, found.below).max()
    assert np.allclose(peaks(iter(many), k), highest)


def run_lengths(shift: float, streams: int, seed: int) -> Floats:
    """How long two-sided charts with k = .5 and h = 5 run until they signal."""
    rng = np.random.default_rng(seed)
    above: Floats = np.zeros(streams)
    below: Floats = np.zeros(streams)
    length = np.zeros(streams)
    running = np.ones(streams, dtype=bool)
    while running.any():
        above, below = step(above, below, rng.standard_normal(streams) + shift, 0.5)
        length += running
        running &= np.maximum(above, below) <= 5
    return length


@pytest.mark.parametrize(("shift", "published"), [(0.0, 465.0), (1.0, 10.4), (2.0, 4.01)])
def test_run_lengths_are_the_published_ones(shift: float, published: float) -> None:
    # Montgomery, Introduction to Statistical Quality Control: two-sided, k = 1/2, h = 5
    found = run_lengths(shift, 4000, seed=2)
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - published) < 4 * error + 0.005 * published


def signal_share(h: float, nights: int, cells: int = 400) -> float:
    """The exact share of one-sided charts that signal in so many nights (Brook and Evans 1972)."""
    width = 2 * h / (2 * cells - 1)
    at = np.arange(cells) * width
    edges = norm.cdf(at[None, :] - at[:, None] + width / 2 + ALLOWANCE)
    move = np.diff(edges, axis=1, prepend=0.0)
    state = np.eye(cells)[0]
    for _ in range(nights):
        state = state @ move
    return float(1 - state.sum())


def test_simulated_peaks_are_those_of_the_exact_chain() -> None:
    rng = np.random.default_rng(3)
    streams = 100_000
    above: Floats = np.zeros(streams)
    most: Floats = np.zeros(streams)
    for _ in range(60):
        above, _ = step(above, np.zeros(streams), rng.standard_normal(streams))
        most = np.maximum(most, above)
    share = signal_share(3.0, 60)
    assert abs((most > 3.0).mean() - share) < 4 * np.sqrt(share / streams) + 0.0005


@pytest.mark.parametrize(("charts", "runs"), [(1, 20), (12, 20), (12, 60), (60, 60)])
def test_the_limit_keeps_its_promise_on_streams_it_has_not_seen(charts: int, runs: int) -> None:
    streams = 100_000
    bound, share = limit(charts, 0.05, 180, runs), chart_share(charts, 0.05)
    found = peaks(null_streams(180, runs, streams, seed=99))
    alarms = int((found > bound).sum())
    assert alarms <= binom.ppf(0.9999, streams, share)
    assert alarms >= binom.ppf(0.0001, streams, share * 0.6)  # and it is not chosen for comfort


def test_the_limit_is_the_same_every_time_and_grows_with_charts_and_shrinks_with_nights() -> None:
    limit.cache_clear()
    first = limit(12, 0.05, 30, 20)
    limit.cache_clear()
    assert limit(12, 0.05, 30, 20) == first
    assert limit(1, 0.05, 30, 20) < first < limit(60, 0.05, 30, 20)
    assert limit(12, 0.05, 30, 60) < first


def test_a_judge_that_never_varies_has_one_anchors_worth_of_deviation() -> None:
    assert deviation([0.5, 0.5, 0.5], anchors=200) == pytest.approx(1 / 200)
    assert deviation([0.0, 1.0], anchors=200) == pytest.approx(np.std([0, 1], ddof=1))


@pytest.mark.parametrize(("anchors", "share"), [(4, 0.1), (20, 0.02), (10, 0.3)])
def test_a_judge_that_hardly_varies_keeps_the_promise_too(anchors: int, share: float) -> None:
    # so many of 200 anchors change their verdict now and then, the others never do
    rng, runs, streams = np.random.default_rng(5), 20, 2000
    first = rng.binomial(anchors, share, (runs, streams)) / 200
    mean, sd = first.mean(0), np.array([deviation(list(own), 200) for own in first.T])
    later = (rng.binomial(anchors, share, streams) / 200 for _ in range(180))
    found = peaks(standardised(night, mean, sd, runs) for night in later)
    assert (found > limit(1, 0.05, 180, runs)).sum() <= binom.ppf(0.9999, streams, 0.05)


def test_a_change_began_after_the_sum_was_last_zero() -> None:
    assert began([0.0, 1.0, 0.0, 2.0, 5.0]) == 3
    assert began([1.0, 2.0]) == 0
