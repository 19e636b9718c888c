"""PPI++: the judge narrows the interval of a mean label without moving it."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tasks.config import BootstrapConfig
from tasks.measures.corrected import corrected_means, power_tuned_mean
from tests.tasks.measures.conftest import samples, verdicts

FEW = BootstrapConfig(replicates=100)


def drawn(seed: int, n: int, others: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and the scores of a generous judge on images of four, and its scores elsewhere."""
    draw = np.random.default_rng(seed)
    image = np.repeat(draw.normal(0, 0.6, (n + others) // 4), 4)
    quality = image + draw.normal(0, 0.8, n + others)
    labels = np.clip(np.round(3 + quality), 1, 5)
    judged = np.clip(np.round(3.6 + quality + draw.normal(0, 0.5, n + others)), 1, 5)
    return labels[:n], judged[:n], judged[n:]


def test_it_is_the_published_formula_where_every_row_is_an_image() -> None:
    labels, judged, others = drawn(1, 200, 1000)
    found, tuned = power_tuned_mean(labels, judged, others, range(200), range(200, 1200))
    spread = np.var(np.concatenate([judged, others]), ddof=1)
    lam = np.cov(labels, judged)[0, 1] / ((1 + 200 / 1000) * spread)
    assert tuned == pytest.approx(lam)
    rest = labels - lam * judged
    assert found.value == pytest.approx(lam * others.mean() + rest.mean())
    error = np.sqrt(lam**2 * np.var(others, ddof=1) / 1000 + np.var(rest, ddof=1) / 200)
    assert found.error == pytest.approx(error)


def test_a_useless_judge_is_left_out() -> None:
    draw = np.random.default_rng(2)
    labels, judged = draw.normal(3, 1, 200), np.full(200, 3.0)
    found, tuned = power_tuned_mean(labels, judged, np.full(500, 3.0), range(200), range(200, 700))
    assert tuned == 0
    assert found.value == pytest.approx(labels.mean())


def test_the_table_has_the_three_means_side_by_side() -> None:
    labels, judged, others = drawn(3, 100, 400)
    frame = samples("score", [f"{x:g}" for x in [*labels, *np.ones(400)]])
    keep = pl.int_range(pl.len()) < 100
    frame = frame.with_columns(pl.when(keep).then("labels"))
    said = verdicts("score", [f"{x:g}" for x in [*judged, *others]])
    found = {row["metric"]: row for row in corrected_means(frame, said, FEW).to_dicts()}
    assert set(found) == {"corrected_mean", "judge_mean", "label_mean"}
    assert found["label_mean"]["value"] == pytest.approx(labels.mean())
    assert found["judge_mean"]["value"] == pytest.approx(np.mean([*judged, *others]))
    width = {name: row["high"] - row["low"] for name, row in found.items()}
    assert width["judge_mean"] < width["corrected_mean"] < width["label_mean"]
    assert found["judge_mean"]["low"] > found["corrected_mean"]["high"]
    assert corrected_means(frame.filter(keep), said, FEW).is_empty()


@pytest.mark.prove
def test_its_interval_covers_the_truth_as_often_as_it_says() -> None:
    truth = np.mean([drawn(seed, 4, 4)[0].mean() for seed in range(10**6, 10**6 + 60_000)])
    covered, runs = 0, 2000
    images = list(np.repeat(np.arange(300), 4))
    reach = stats.t.ppf(0.975, 50 - 1)
    for seed in range(runs):
        labels, judged, others = drawn(seed, 200, 1000)
        found, _ = power_tuned_mean(labels, judged, others, images[:200], images[200:])
        covered += abs(found.value - truth) <= reach * found.error
    print(f"PPI++: coverage {covered / runs:.4f} of {runs} runs, truth {truth:.4f}")
    assert abs(covered / runs - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)
