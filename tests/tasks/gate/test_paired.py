"""Now minus before: zeros for the same, the difference of the common answers, an exact test."""

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.config import BootstrapConfig, GateConfig
from tasks.gate.exchange import as_bad, draws_for, exchanged, two_sided
from tasks.gate.paired import run_differences, side_by_side
from tasks.measures import AGREEMENT, paired_differences
from tasks.measures.differences import value_of
from tasks.measures.resampling import strata
from tasks.measures.subjects import labelled
from tests.tasks.measures.conftest import samples, verdicts

FEW = BootstrapConfig(replicates=300)
N = 120
LABELS = np.random.default_rng(1).integers(1, 6, N)
SAMPLES = samples("score", [str(label) for label in LABELS])


def said(noise: float, seed: int) -> list[str | None]:
    draw = np.random.default_rng(seed).normal(0, noise, N)
    return [str(int(value)) for value in np.clip(np.round(LABELS + draw), 1, 5)]


def compared(before: list[str | None], now: list[str | None], **gate: Any) -> pl.DataFrame:
    pairs = side_by_side(SAMPLES, verdicts("score", before), verdicts("score", now))
    return run_differences(pairs, ["analyze"], GateConfig(**gate), FEW)[0]


def deciding(frame: pl.DataFrame) -> dict[str, Any]:
    (row,) = frame.filter("decides").to_dicts()
    return row


def test_a_run_beside_itself_is_all_zeros() -> None:
    good = said(1.0, 2)
    good[3] = None
    found = compared(good, good)
    assert found.height == len(AGREEMENT["score"])
    for column in ("value", "low", "high"):
        assert (found[column] == 0).all()
    assert (found["p"] == 1).all()
    assert deciding(found)["finding"] == "same"


def test_one_primary_measure_decides_and_the_rest_is_corrected() -> None:
    found = compared(said(0.8, 2), said(1.6, 3))
    row = deciding(found)
    assert (row["metric"], row["finding"], row["smallest"]) == ("pearson", "regression", 0.05)
    assert row["p_adjusted"] is None
    assert row["now"] - row["before"] == pytest.approx(row["value"])
    rest = found.filter(~pl.col("decides") & pl.col("p").is_not_null())
    assert (rest["p_adjusted"] >= rest["p"]).all()
    assert rest["finding"].null_count() == rest.height


def test_the_same_loss_is_no_regression_where_it_does_not_matter() -> None:
    row = deciding(compared(said(0.8, 2), said(1.6, 3), smallest_difference={"score": 0.9}))
    assert row["finding"] == "slightly worse"
    assert deciding(compared(said(1.6, 3), said(0.8, 2)))["finding"] == "better"


def test_the_difference_is_that_of_two_judges_of_one_run() -> None:
    """The machinery of `differences.parquet` is the twin: same samples, same replicates."""
    before, now = said(0.9, 4), said(1.1, 5)
    before[0] = now[1] = None
    frames = [
        verdicts("score", each).with_columns(pl.lit(name).alias("judge"))
        for name, each in (("now", now), ("before", before))
    ]
    twin = paired_differences(SAMPLES, pl.concat(frames), FEW)
    found = compared(before, now)
    for mine, its in zip(found.to_dicts(), twin.to_dicts(), strict=True):
        assert mine["metric"] == its["metric"]
        for name in ("value", "n", "share_lost", "bound_low", "bound_high", "clusters"):
            assert mine[name] == pytest.approx(its[name]), (mine["metric"], name)
        if not mine["decides"]:  # that one has more replicates and a level of its own
            assert mine["low"] == pytest.approx(its["low"])
    row = deciding(found)
    assert (row["lost_before"], row["lost_now"]) == pytest.approx((1 / N, 1 / N))
    assert row["n"] == N - 2


def test_the_exchange_test_is_that_of_every_possible_exchange() -> None:
    images = 8
    frame = samples("score", [str(label) for label in LABELS[:images]])
    sides = [verdicts("score", said(1.2, seed)[:images]) for seed in (6, 7)]
    pairs = side_by_side(frame, *sides)[0].pairs
    measure = next(each for each in AGREEMENT["score"] if each.name == "exact")
    draws = exchanged(pairs, strata(labelled(frame, "score")), [measure], 1, 20_000)[0][0]

    now, before = (side.evidence for side in pairs[0])
    value = value_of(measure, now)
    every = []
    for kept in product((True, False), repeat=images):
        mine = [now.total(np.array([i])) if k else before.total(np.array([i]))
                for i, k in enumerate(kept)]  # fmt: skip
        its = [before.total(np.array([i])) if k else now.total(np.array([i]))
               for i, k in enumerate(kept)]  # fmt: skip
        every.append(float(value(np.sum(mine, 0)) - value(np.sum(its, 0))))
    observed = every[0]
    exact = np.mean(np.abs(every) >= abs(observed) - 1e-9)
    assert two_sided(observed, draws) == pytest.approx(exact, abs=0.02)
    one_sided = np.mean(np.array(every) <= observed + 1e-9)
    assert as_bad(observed, draws, "higher") == pytest.approx(one_sided, abs=0.02)


def test_an_undefined_exchange_never_helps_to_find_a_difference() -> None:
    under = np.array([np.nan, np.nan, 0.0, 0.1])
    assert as_bad(-0.5, under, "higher") == pytest.approx(3 / 5)
    assert two_sided(-0.5, under) == pytest.approx(3 / 5)


def test_there_are_enough_exchanges_for_the_share_of_each_test() -> None:
    for tests in (1, 9, 60):
        smallest = 1 / (1 + draws_for(0.05, tests))
        assert smallest < 0.05 / tests / 10


def test_one_setting_decides_and_one_image_says_nothing() -> None:
    blind = verdicts("score", said(2.0, 9)).with_columns(pl.lit("no-figure").alias("setting"))
    old, new = (pl.concat([verdicts("score", said(1.0, seed)), blind]) for seed in (2, 3))
    settings = ["analyze", "no-figure"]
    found, tests = run_differences(side_by_side(SAMPLES, old, new), settings, GateConfig(), FEW)
    assert tests == 1
    assert deciding(found)["setting"] == "analyze"
    lonely = SAMPLES.head(1)
    alone = run_differences(side_by_side(lonely, old, new), settings, GateConfig(), FEW)[0]
    assert deciding(alone)["finding"] == "not defined"


@pytest.mark.parametrize("mode", ["pair", "batch"])
def test_pairs_and_rankings_are_compared_too(mode: str) -> None:
    choices = {"pair": ["A", "B", "C"], "batch": ["ABCD", "DCBA", "BACD"]}[mode]
    rng = np.random.default_rng(3)
    labels = [choices[i] for i in rng.integers(3, size=N)]
    wrong = [choices[i] for i in rng.integers(3, size=N)]
    frame = samples(
        mode, labels, responses=[[{"author": "m", "text": "w"}] * len(choices[0]) for _ in labels]
    )
    good, bad = verdicts(mode, list(labels)), verdicts(mode, list(wrong))
    found = run_differences(side_by_side(frame, good, bad), ["analyze"], GateConfig(), FEW)[0]
    assert deciding(found)["finding"] == "regression"
    assert deciding(found)["before"] == pytest.approx(1.0)
