"""Paired differences and panels: common samples, limits, corrected p, votes that are worth less."""

import numpy as np
import polars as pl
import pytest

from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import estimate, paired_differences
from tasks.panels import panel_verdicts
from tests.tasks.measures.conftest import samples, values, verdicts

FEW = BootstrapConfig(replicates=400)
N = 300


def named(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(name).alias("judge"))


def noisy(labels: np.ndarray, noise: float, seed: int) -> list[str | None]:
    draw = np.random.default_rng(seed)
    said = np.clip(np.round(labels + draw.normal(0, noise, len(labels))), 1, 5)
    return [str(int(value)) for value in said]


LABELS = np.random.default_rng(1).integers(1, 6, N)
SAMPLES = samples("score", [str(label) for label in LABELS])


def one(frame: pl.DataFrame, **where: object) -> dict[str, object]:
    (row,) = frame.filter(*[pl.col(name) == value for name, value in where.items()]).to_dicts()
    return row


def test_a_difference_is_taken_on_the_samples_both_answered() -> None:
    good, bad = noisy(LABELS, 0.5, 2), noisy(LABELS, 2.0, 3)
    for i in range(30):
        good[i] = None
    judged = pl.concat([
        named("good", verdicts("score", good)), named("bad", verdicts("score", bad)),
    ])  # fmt: skip
    found = one(paired_differences(SAMPLES, judged, FEW), metric="exact", other="bad")
    hits = [
        np.array([said == str(y) for said, y in zip(who, LABELS, strict=True)])
        for who in (good, bad)
    ]
    assert found["judge"] == "good"
    assert found["n"] == N - 30
    assert found["share_lost"] == pytest.approx(0.1)
    assert found["value"] == pytest.approx(hits[0][30:].mean() - hits[1][30:].mean())
    assert found["bound_low"] == pytest.approx(hits[0].sum() / N - hits[1].mean())
    assert found["bound_high"] == pytest.approx((hits[0].sum() + 30) / N - hits[1].mean())
    assert found["low"] < found["value"] < found["high"]  # type: ignore[operator]
    assert found["p"] == pytest.approx(2 / 401)


def test_the_paired_interval_is_that_of_resampled_rows() -> None:
    first, second = noisy(LABELS, 1.0, 4), noisy(LABELS, 1.0, 5)
    judged = pl.concat([
        named("a", verdicts("score", first)), named("b", verdicts("score", second)),
    ])  # fmt: skip
    found = one(
        paired_differences(SAMPLES, judged, BootstrapConfig(replicates=2000)),
        metric="mae",
        other="b",
    )
    errors = [np.abs(np.array(who, float) - LABELS) for who in (first, second)]
    deviation = (errors[0] - errors[1]).std() / np.sqrt(N)
    width = found["high"] - found["low"]  # type: ignore[operator]
    assert width == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_a_judge_against_its_copy_is_all_zeros() -> None:
    said = noisy(LABELS, 1.0, 6)
    judged = pl.concat([named(name, verdicts("score", said)) for name in ("a", "b")])
    found = paired_differences(SAMPLES, judged, FEW)
    assert found.height == 10
    assert (found["value"] == 0).all()
    assert (found["low"] == 0).all()
    assert (found["p"] == 1).all()


def test_exploratory_measures_are_corrected_and_the_primary_is_not() -> None:
    judged = pl.concat([
        named("a", verdicts("score", noisy(LABELS, 0.9, 7))),
        named("b", verdicts("score", noisy(LABELS, 1.1, 8))),
        baseline_verdicts(SAMPLES, 1),
    ])  # fmt: skip
    found = paired_differences(SAMPLES, judged, FEW)
    assert found.filter(pl.col("primary"))["p_adjusted"].null_count() == 3
    rest = found.filter(~pl.col("primary") & pl.col("p").is_not_null())
    assert (rest["p_adjusted"] >= rest["p"]).all()
    # a constant has no correlation: the best baseline is one that has
    assert set(found.filter(pl.col("other").str.starts_with("baseline:"))["other"]) == {
        "baseline:random"
    }


def test_a_panel_of_independent_judges_beats_each_and_counts_its_votes() -> None:
    judged = pl.concat([
        named(name, verdicts("score", noisy(LABELS, 1.0, seed)))
        for seed, name in enumerate("abc", start=10)
    ])  # fmt: skip
    both = pl.concat([judged, panel_verdicts(judged).select(judged.columns)])
    found = estimate(SAMPLES, both, FEW)
    panel = values(found.filter(pl.col("judge") == "panel:mean"))
    each = [values(found.filter(pl.col("judge") == name))["mae"] for name in "abc"]
    assert panel["mae"] is not None
    assert all(panel["mae"] < (other or 0) for other in each)
    votes = values(found.filter(pl.col("metric") == "effective_votes"))["effective_votes"]
    assert votes == pytest.approx(2.6, abs=0.5)
    lead = paired_differences(SAMPLES, both, FEW).filter(pl.col("judge").str.starts_with("panel:"))
    assert lead.height


def test_three_copies_of_a_judge_are_one_vote() -> None:
    said = noisy(LABELS, 1.0, 6)
    judged = pl.concat([named(name, verdicts("score", said)) for name in "abc"])
    found = estimate(SAMPLES, judged, FEW)
    assert values(found.filter(pl.col("judge") == "panel:all"))["effective_votes"] == pytest.approx(
        1
    )


def test_panels_speak_where_more_than_half_do() -> None:
    pairs: list[list[str | None]] = [["A", "A", None], ["A", "B", None], ["B", "C", "C"]]
    judged = pl.concat([named(n, verdicts("pair", s)) for n, s in zip("abc", pairs, strict=True)])
    assert panel_verdicts(judged)["verdict"].to_list() == ["A", "C", None]
    ranked = [["ABC"], ["BAC"], ["BCA"]]
    judged = pl.concat([named(n, verdicts("batch", s)) for n, s in zip("abc", ranked, strict=True)])
    assert panel_verdicts(judged)["verdict"].to_list() == ["BAC"]
    assert panel_verdicts(judged.filter(pl.col("judge") != "c")).is_empty()


@pytest.mark.data
def test_the_panel_of_three_published_judges_is_worth_less_than_two_votes(
    official_tables: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, judged = official_tables
    common = judged.filter((pl.col("status") == "scored").all().over("sample_id"))
    frame = frame.filter(pl.col("sample_id").is_in(common["sample_id"].unique().to_list()))
    both = pl.concat([common, panel_verdicts(common)])
    found = estimate(frame, both, FEW)
    panel = values(found.filter(pl.col("judge") == "panel:mean"))
    assert round(panel["pearson"] or 0, 3) == 0.529
    assert round(panel["mae"] or 0, 3) == 0.883
    votes = values(found.filter(pl.col("judge") == "panel:all"))["effective_votes"]
    assert round(votes or 0, 1) == 1.6
    best = one(
        paired_differences(frame, both, FEW),
        judge="gemini_2.5_flash",
        other="panel:mean",
        metric="pearson",
    )
    assert best["high"] < 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("mode", "metric", "right", "wrong"),
    [("pair", "accuracy", "A", "B"), ("batch", "kendall", "ABC", "CBA")],
)
def test_what_only_one_of_two_was_asked_is_no_missing_verdict_of_the_other(
    mode: str, metric: str, right: str, wrong: str
) -> None:
    frame = samples(mode, [right] * 40)
    whole = named("whole", verdicts(mode, [right] * 20 + [wrong] * 20))
    half = named("half", verdicts(mode, [right, wrong] * 20)).head(20)
    both = pl.concat([half, whole])
    found = one(paired_differences(frame, both, FEW), other="whole", metric=metric)
    assert (found["n"], found["share_lost"]) == (20, 0.0)
    assert found["value"] == found["bound_low"] == found["bound_high"]
    assert found["value"] == (-0.5 if mode == "pair" else -1.0)
    alone = one(estimate(frame, half, FEW), metric=metric, group="pooled")
    assert alone["n_missing"] == 0
    assert alone["value"] == alone["bound_low"] == alone["bound_high"]
