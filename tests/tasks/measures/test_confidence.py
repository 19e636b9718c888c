"""Confidence against being right: bins, Brier, the curve, and the published log-probabilities."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss

from data.datasets import read_probabilities
from data.errors import DataError
from data.layout import TableColumns
from tasks.config import BootstrapConfig
from tasks.measures.confidence import confidences
from tests.tasks.measures.conftest import samples, values, verdicts

FEW = BootstrapConfig(replicates=100)
N = 1000


def measured(sure: np.ndarray, right: np.ndarray) -> pl.DataFrame:
    table = samples("pair", ["A"] * len(sure))
    given = verdicts("pair", ["A" if yes else "B" for yes in right])
    return confidences(table, given.with_columns(pl.Series("confidence", sure)), FEW)


def test_a_calibrated_judge_has_no_error_and_an_overconfident_one_has_its_excess() -> None:
    draw = np.random.default_rng(1)
    sure = draw.uniform(0.4, 1.0, N)
    right = draw.random(N) < sure
    found = values(measured(sure, right))
    assert (found["expected_calibration_error"] or 1) < 0.05
    assert found["brier"] == pytest.approx(brier_score_loss(right, sure))
    assert found["mean_confidence"] == pytest.approx(sure.mean())
    over = values(measured(np.full(N, 0.9), draw.random(N) < 0.5))
    assert over["expected_calibration_error"] == pytest.approx(0.4, abs=0.06)


def test_the_curve_has_ten_bins_of_equal_size() -> None:
    draw = np.random.default_rng(2)
    sure = draw.uniform(0, 1, N)
    found = measured(sure, draw.random(N) < sure)
    curve = found.filter(pl.col("group").str.starts_with("bin:"))
    assert curve.height == 20
    assert set(curve["n"]) == {N // 10}
    rising = curve.filter(pl.col("metric") == "confidence_in_bin")["value"].to_list()
    assert rising == sorted(rising)


def test_a_confidence_that_says_nothing_leaves_the_risk_as_it_is() -> None:
    draw = np.random.default_rng(3)
    right = draw.random(N) < 0.6
    useless = values(measured(draw.random(N), right))
    useful = values(measured(np.where(right, 0.9, 0.1), right))
    assert useless["risk_over_coverage"] == pytest.approx(1 - right.mean(), abs=0.05)
    assert (useful["risk_over_coverage"] or 1) < 0.15


def test_log_probabilities_are_checked(tmp_path: Path) -> None:
    columns = TableColumns(sample="s", verdict="v")
    path = tmp_path / "t.csv"
    path.write_text("s,v,a,b\n1,2,-0.1,-9\n")
    chances = read_probabilities(path, columns, ("a", "b"), where_judge=None)["1", 0]
    assert sum(chances) == pytest.approx(1)
    for cell in ("0.5", "x", "nan"):
        path.write_text(f"s,v,a,b\n1,2,{cell},-9\n")
        with pytest.raises(DataError, match=r"t\.csv:2"):
            read_probabilities(path, columns, ("a", "b"), where_judge=None)


@pytest.mark.data
def test_published_log_probabilities_are_far_surer_than_right(
    shared_data: Path, official_tables: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    frame, judged = official_tables
    known = {
        "llava_critic_7b": (0.55, 0.875, 0.44),
        "phi4_15b": (0.57, 0.914, 0.36),
        "gemini_2.5_flash": (0.66, 0.982, 0.37),
    }
    for judge, figures in known.items():
        path = shared_data / "vlm_judge_uncertainty" / f"mllm_judge_{judge}.csv"
        logprobs = [f"s2_lp{level}" for level in range(1, 6)]
        chances = read_probabilities(path, TableColumns(), logprobs, where_judge=None)
        mine = judged.filter(pl.col("judge") == judge)
        keys = [(name.split("/", 2)[2], 0) for name in mine["sample_id"]]
        mine = mine.with_columns(pl.Series("confidence", [max(chances[key]) for key in keys]))
        found = values(confidences(frame, mine, FEW))
        names = ("expected_calibration_error", "mean_confidence", "surest_right")
        for name, known_value, digits in zip(names, figures, (2, 3, 2), strict=True):
            assert round(found[name] or 0, digits) == known_value, (judge, name)
