"""Bradley-Terry strengths: recovered, ordered, clustered, and undefined where they must be."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from tasks.config import BootstrapConfig
from tasks.measures.leaderboard import leaderboards, strengths
from tests.tasks.measures.conftest import samples, verdicts

FEW = BootstrapConfig(replicates=200)
TRUE = {"amy": 0.8, "bob": 0.1, "cid": -0.9}


def world(images: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every two of three responders an image; label and judge draw by the true strengths."""
    draw = np.random.default_rng(seed)
    labels, said, written, image = [], [], [], []
    for i in range(images):
        for a, b in combinations(TRUE, 2):
            chance = 1 / (1 + np.exp(TRUE[b] - TRUE[a]))
            labels.append("A" if draw.random() < chance else "B")
            said.append("A" if draw.random() < chance else "B")
            written.append([{"author": name, "text": "t"} for name in (a, b)])
            image.append(f"c{i}")
    table = samples("pair", labels, responses=written, cluster_id=image)
    return table, verdicts("pair", said)


def test_strengths_are_those_that_make_the_wins_expected() -> None:
    draw = np.random.default_rng(1)
    wins = draw.integers(1, 30, (5, 5)).astype(float)
    np.fill_diagonal(wins, 0)
    found = strengths(wins)
    chance = 1 / (1 + np.exp(found[None, :] - found[:, None]))
    expected = ((wins + wins.T) * chance).sum(1)
    assert found.mean() == pytest.approx(0, abs=1e-9)
    assert expected == pytest.approx(wins.sum(1), rel=1e-6)


def test_two_responders_have_the_logit_of_the_share() -> None:
    found = strengths(np.array([[0.0, 30.0], [10.0, 0.0]]))
    assert found[0] - found[1] == pytest.approx(np.log(3))


def test_whoever_never_lost_has_no_finite_strength() -> None:
    assert np.isnan(strengths(np.array([[0.0, 30.0], [0.0, 0.0]]))).all()
    table = samples("pair", ["A"] * 5, responses=[[{"author": n, "text": ""} for n in "xy"]] * 5)
    found = leaderboards(table, verdicts("pair", ["A"] * 5), FEW)
    assert found.filter(pl.col("metric") == "bradley_terry")["value"].null_count() == 4
    assert "won or lost nothing" in found["note"][0]


def test_true_strengths_come_out_of_judge_and_humans() -> None:
    found = leaderboards(*world(1500, 2), FEW)
    for judge in ("humans", "j"):
        mine = found.filter((pl.col("judge") == judge) & (pl.col("metric") == "bradley_terry"))
        for name, true in TRUE.items():
            (row,) = mine.filter(pl.col("group") == f"responder:{name}").to_dicts()
            assert row["value"] == pytest.approx(true, abs=0.12)
            assert row["low"] < row["value"] < row["high"]
            assert row["clusters"] == 1500
    (tau,) = found.filter(pl.col("metric") == "leaderboard_tau").to_dicts()
    assert tau["value"] == 1.0
    assert "agree or disagree by luck" in tau["note"]


def test_pairs_without_names_have_no_leaderboard() -> None:
    assert leaderboards(samples("pair", ["A", "B"]), verdicts("pair", ["A", "B"]), FEW).is_empty()
