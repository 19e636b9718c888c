"""acc_eq: ties called by a threshold that was chosen on other items."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from tasks.config import BootstrapConfig
from tasks.measures import estimate
from tests.tasks.measures.conftest import samples, values, verdicts

FEW = BootstrapConfig(replicates=100)
ITEMS = 300


def measured(human: np.ndarray, judge: np.ndarray) -> dict[str, float | None]:
    items = [f"i{i}" for i in range(len(human)) for _ in range(human.shape[1])]
    table = samples("score", [f"{x:g}" for x in human.ravel()], item_id=items, cluster_id=items)
    return values(estimate(table, verdicts("score", [f"{x:.6g}" for x in judge.ravel()]), FEW))


def by_hand(human: np.ndarray, judge: np.ndarray, limit: float) -> float:
    shares = []
    for x, y in zip(human, judge, strict=True):
        agreed = []
        for a, b in combinations(range(len(x)), 2):
            gap = 0.0 if abs(y[a] - y[b]) <= limit else np.sign(y[a] - y[b])
            agreed.append(gap == np.sign(x[a] - x[b]))
        shares.append(np.mean(agreed))
    return float(np.mean(shares))


def test_a_fine_scale_needs_the_threshold() -> None:
    draw = np.random.default_rng(1)
    human = draw.integers(1, 4, (ITEMS, 4)).astype(float)
    judge = human + draw.normal(0, 0.15, human.shape)
    found = measured(human, judge)
    assert found["acc_eq_equal"] == pytest.approx(by_hand(human, judge, 0.0))
    assert (found["acc_eq"] or 0) > 0.9 > (found["acc_eq_equal"] or 0)


def test_nothing_is_tuned_on_what_it_is_tested_on() -> None:
    draw = np.random.default_rng(2)
    human = draw.integers(1, 6, (ITEMS, 3)).astype(float)
    judge = np.round(draw.uniform(1, 5, human.shape), 6)
    found = measured(human, judge)
    best = max(by_hand(human, judge, limit) for limit in np.linspace(0, 4, 50))
    assert (found["acc_eq"] or 1) <= best


def test_one_response_an_item_gives_no_order() -> None:
    table = samples("score", ["1", "2"])
    assert "acc_eq" not in values(estimate(table, verdicts("score", ["1", "2"]), FEW))


def test_one_item_with_thousands_of_responses_costs_no_square_of_memory() -> None:
    draw = np.random.default_rng(3)
    human = draw.integers(1, 6, (2, 3000)).astype(float)
    judge = np.clip(human + draw.integers(-1, 2, human.shape), 1, 5)
    found = measured(human, judge)
    order = np.sign(human[:, :, None] - human[:, None, :])
    same = np.sign(judge[:, :, None] - judge[:, None, :]) == order
    shares = (same.sum((1, 2)) - 3000) / (3000 * 2999)
    assert found["acc_eq_equal"] == pytest.approx(shares.mean())


@pytest.mark.data
def test_the_official_scores_have_the_known_agreement_on_blocks_of_four(
    official_tables: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, judged = official_tables
    block = pl.col("sample_id").str.split("/").list.last().cast(pl.Int64) // 4
    frame = frame.with_columns(block.cast(pl.String).alias("item_id"))
    found = estimate(frame, judged.filter(pl.col("judge") == "llava_critic_7b"), FEW)
    assert round(values(found)["acc_eq_equal"] or 0, 2) == 0.45
