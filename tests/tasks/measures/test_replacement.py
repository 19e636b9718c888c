"""The alternative-annotator test against its definition, and what passes it."""

import numpy as np
import pytest
from scipy import stats

from tasks.config import BootstrapConfig
from tasks.measures.replacement import EPSILON, replacements
from tests.tasks.measures.conftest import values, verdicts
from tests.tasks.measures.test_ceiling import annotated

FEW = BootstrapConfig(replicates=100)
ITEMS, PEOPLE = 80, 5


def people(noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The truth, and what people say of it."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(1, 6, ITEMS)
    return truth, np.clip(np.round(truth[:, None] + draw.normal(0, noise, (ITEMS, PEOPLE))), 1, 5)


def passed_by(labels: np.ndarray, said: np.ndarray) -> dict[str, float | None]:
    table = annotated("score", [[str(int(x)) for x in row] for row in labels])
    return values(replacements(table, verdicts("score", [str(int(x)) for x in said]), FEW))


def by_definition(labels: np.ndarray, said: np.ndarray) -> tuple[float, float]:
    ps, shares = [], []
    for h in range(PEOPLE):
        others = np.delete(labels, h, axis=1)
        judge = -np.sqrt(((said[:, None] - others) ** 2).mean(1))
        human = -np.sqrt(((labels[:, [h]] - others) ** 2).mean(1))
        for_judge, for_human = (judge >= human).astype(float), (human >= judge).astype(float)
        shares.append(for_judge.mean())
        test = stats.ttest_1samp(for_human - for_judge, EPSILON, alternative="less")
        ps.append(test.pvalue)
    adjusted = stats.false_discovery_control(ps, method="by")
    return float((adjusted <= 0.05).mean()), float(np.mean(shares))


@pytest.mark.parametrize("noise", [0.3, 0.9, 1.3, 3.0])
def test_it_is_the_published_test(noise: float) -> None:
    truth, labels = people(1.0, 1)
    draw = np.random.default_rng(2)
    said = np.clip(np.round(truth + draw.normal(0, noise, ITEMS)), 1, 5)
    found = passed_by(labels, said)
    rate, probability = by_definition(labels, said)
    assert found["winning_rate"] == pytest.approx(rate)
    assert found["advantage_probability"] == pytest.approx(probability)


def test_a_better_judge_than_people_passes_and_a_random_one_does_not() -> None:
    truth, labels = people(1.0, 3)
    assert passed_by(labels, truth)["winning_rate"] == 1
    noise = np.random.default_rng(4).integers(1, 6, ITEMS)
    assert passed_by(labels, noise)["winning_rate"] == 0


def test_a_constant_passes_where_people_hardly_agree() -> None:
    draw = np.random.default_rng(5)
    labels = draw.integers(1, 6, (ITEMS, PEOPLE)).astype(float)
    assert passed_by(labels, np.full(ITEMS, 3))["winning_rate"] == 1


def test_two_annotators_are_too_few() -> None:
    table = annotated("score", [["1", "2"], ["3", "4"]])
    assert replacements(table, verdicts("score", ["1", "3"]), FEW).is_empty()


def test_pairs_and_rankings_are_compared_too() -> None:
    pairs = annotated("pair", [["A", "A", "B"]] * 40)
    found = values(replacements(pairs, verdicts("pair", ["A"] * 40), FEW))
    assert found["winning_rate"] == 1
    ranked = annotated("batch", [["ABC", "ABC", "ABC", "CBA"]] * 40)
    found = values(replacements(ranked, verdicts("batch", ["CBA"] * 40), FEW))
    assert found["advantage_probability"] == pytest.approx(1 / 4)
