"""Humans against each other, and judges against the same humans."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from data.schemas import SAMPLES
from data.tables import table
from tasks.config import BootstrapConfig
from tasks.measures import ceiling
from tests.tasks.measures.conftest import samples, verdicts

QUICK = BootstrapConfig(replicates=100)
HUMANS = "humans:leave-one-out"


def annotated(mode: str, labels: list[list[str]]) -> pl.DataFrame:
    rows = samples(mode, ["A"] * len(labels)).to_dicts()
    for row, verdicts_ in zip(rows, labels, strict=True):
        row["labels"] = [
            {"annotator": f"p{i}", "verdict": v, "origin": "human"} for i, v in enumerate(verdicts_)
        ]
    return table(rows, SAMPLES)


def value(frame: pl.DataFrame, judge: str, metric: str) -> float:
    rows = frame.filter(
        (pl.col("judge") == judge) & (pl.col("metric") == metric) & (pl.col("group") == "pooled")
    )
    return float(rows["value"][0])


def test_scores_equal_the_loop_over_annotators() -> None:
    labels = [["1", "2", "2"], ["4", "5", "3"], ["3", "3", "3"], ["5", "4", "4"]]
    said = ["2", "5", "3", "4"]
    found = ceiling(annotated("score", labels), verdicts("score", said), QUICK)
    humans, judge = [], []
    for row, one in zip(labels, said, strict=True):
        for i, label in enumerate(row):
            others = np.mean([float(x) for j, x in enumerate(row) if j != i])
            humans.append((others, float(label)))
            judge.append((others, float(one)))
    for name, pairs in ((HUMANS, humans), ("j", judge)):
        x, y = np.array(pairs).T
        assert value(found, name, "pearson") == pytest.approx(np.corrcoef(x, y)[0, 1])
        assert value(found, name, "mae") == pytest.approx(np.mean(np.abs(x - y)))


def test_pairs_take_the_majority_of_the_others() -> None:
    labels = [["A", "A", "B"], ["B", "B", "B"], ["A", "B", "C"]]
    found = ceiling(annotated("pair", labels), verdicts("pair", ["A", "B", "C"]), QUICK)
    # first: A against {A, B} (tie), A against {A, B} (tie), B against {A, A}; third: all ties
    assert value(found, HUMANS, "accuracy") == pytest.approx((0 / 3 + 3 / 3 + 1 / 3) / 3)
    assert value(found, "j", "accuracy") == pytest.approx((1 / 3 + 3 / 3 + 3 / 3) / 3)


def test_rankings_are_compared_with_each_of_the_others() -> None:
    found = ceiling(annotated("batch", [["AB", "AB", "BA"]]), verdicts("batch", ["AB"]), QUICK)
    same = [a == b for (i, a), (j, b) in product(enumerate(["AB", "AB", "BA"]), repeat=2) if i != j]
    assert value(found, HUMANS, "top1") == pytest.approx(np.mean(same))
    assert value(found, "j", "top1") == pytest.approx(2 / 3)


def test_missing_verdicts_are_counted_and_single_annotators_give_no_ceiling() -> None:
    frame = ceiling(
        annotated("score", [["1", "2"], ["5", "4"], ["3", "3"]]),
        verdicts("score", ["1", None, "3"]),
        QUICK,
    )
    row = frame.filter((pl.col("judge") == "j") & (pl.col("group") == "pooled")).to_dicts()[0]
    assert (row["n"], row["n_missing"]) == (2, 1)
    assert ceiling(samples("score", ["1", "2"]), verdicts("score", ["1", "2"]), QUICK).is_empty()


def test_annotators_who_agree_reach_the_top() -> None:
    found = ceiling(
        annotated("pair", [["A", "A"], ["B", "B"]]), verdicts("pair", ["B", "B"]), QUICK
    )
    assert value(found, HUMANS, "accuracy") == 1.0
    assert value(found, "j", "accuracy") == 0.5
