"""The rules of flex-judge, worked by hand."""

import numpy as np
import polars as pl
import pytest

from tasks.measures.flex_judge import flex_judge
from tests.tasks.measures.conftest import samples, verdicts


def value(labels: pl.DataFrame, runs: list[pl.DataFrame]) -> float:
    (row,) = flex_judge(labels, pl.concat(runs)).to_dicts()
    return float(row["value"])


def test_scores_keep_minus_one_and_take_the_median_of_growing_pools() -> None:
    labels = ["1", "2", "4", "5"]
    runs: list[list[str | None]] = [
        ["1", "2", "4", "5"],
        ["5", None, "2", "1"],
        ["2", "2", "4", "4"],
    ]
    pooled = [
        np.corrcoef(
            [float(x) for _ in range(k) for x in labels],
            [-1.0 if v is None else float(v) for run in runs[:k] for v in run],
        )[0, 1]
        for k in (1, 2, 3)
    ]
    given = [verdicts("score", run, repeat) for repeat, run in enumerate(runs)]
    assert value(samples("score", labels), given) == pytest.approx(np.median(pooled))


def test_pairs_add_votes_and_round_each_source() -> None:
    labels = samples("pair", ["A", "B", "C", "A"], source=["s", "s", "s", "t"])
    runs: list[list[str | None]] = [
        ["A", "A", None, "B"],
        ["A", "B", "A", "B"],
        [None, "B", "B", "A"],
    ]
    given = [verdicts("pair", run, repeat) for repeat, run in enumerate(runs)]
    assert value(labels, given) == pytest.approx((1.0 + 0.0) / 2)
    labels = samples("pair", ["A", "B", "A"])
    assert value(labels, [verdicts("pair", ["A", "B", "B"])]) == 0.667


def test_rankings_take_the_worst_pool_and_undefined_is_nought() -> None:
    labels = samples("batch", ["ABCD", "ABCD"])
    runs: list[list[str | None]] = [["ABCD", None], ["BACD", "ABCD"]]
    given = [verdicts("batch", run, repeat) for repeat, run in enumerate(runs)]
    assert value(labels, given) == pytest.approx(max(0.0, (0 + 0.5 + 0) / 3))
    constant = verdicts("score", ["3", "3"])
    assert value(samples("score", ["1", "5"]), [constant]) == 0.0
