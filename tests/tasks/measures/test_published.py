"""The official scoring labels with three published judges: every known figure comes out."""

import polars as pl
import pytest

from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import estimate

PUBLISHED = {
    "llava_critic_7b": (5716, 0.4020, 0.3558, 0.3003, 0.3216, 0.7505, 1.0310),
    "gemini_2.5_flash": (5409, 0.4586, 0.4458, 0.3766, 0.3213, 0.7025, 1.1224),
    "phi4_15b": (5653, 0.3030, 0.2929, 0.2506, 0.3419, 0.7610, 1.0050),
}
METRICS = ("pearson", "spearman", "kendall_tau_b", "exact", "within_one", "mae")


@pytest.fixture(scope="module")
def official(official_tables: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
    """Estimates of the three recorded judges and the baselines on the official scoring labels."""
    frame, judged = official_tables
    judged = pl.concat([judged, baseline_verdicts(frame, 1)])
    return estimate(frame, judged, BootstrapConfig(replicates=200))


@pytest.mark.data
@pytest.mark.parametrize("judge", PUBLISHED)
def test_the_published_figures_of_three_judges_come_out(official: pl.DataFrame, judge: str) -> None:
    mine = official.filter((pl.col("judge") == judge) & (pl.col("group") == "pooled"))
    n, *figures = PUBLISHED[judge]
    found = dict(mine.select("metric", "value").iter_rows())
    assert set(mine["n"]) == {n}
    assert [round(found[name], 4) for name in METRICS] == figures
    assert not mine["clustered"].any()


@pytest.mark.data
def test_the_mean_over_the_fourteen_sources_comes_out(official: pl.DataFrame) -> None:
    mine = official.filter(pl.col("judge") == "llava_critic_7b")
    assert round(values(mine, "macro")["pearson"] or 0, 3) == 0.317
    groups = [group for group in mine["group"].unique() if group.startswith("source:")]
    assert len(groups) == 15  # fourteen, and the one sample without a source


@pytest.mark.data
def test_a_constant_four_comes_out_as_good_as_measured_elsewhere(official: pl.DataFrame) -> None:
    found = values(official.filter(pl.col("judge") == "baseline:constant"))
    assert round(found["exact"] or 0, 3) == 0.313
    assert round(found["within_one"] or 0, 3) == 0.764
    assert round(found["mae"] or 0, 2) == 1.03
    assert found["pearson"] is None


@pytest.mark.data
def test_weighted_kappa_and_ordinal_alpha_come_out(official: pl.DataFrame) -> None:
    known = {  # computed with scikit-learn and krippendorff on the same tables
        "llava_critic_7b": (0.383, 0.320),
        "phi4_15b": (0.298, 0.292),
        "gemini_2.5_flash": (0.446, 0.426),
    }
    for judge, (kappa, alpha) in known.items():
        found = values(official.filter(pl.col("judge") == judge))
        assert round(found["quadratic_kappa"] or 0, 3) == kappa
        assert round(found["ordinal_alpha"] or 0, 3) == alpha


@pytest.mark.data
def test_missing_verdicts_widen_the_bounds_by_what_they_could_have_been(
    official: pl.DataFrame,
) -> None:
    gemini = official.filter(
        (pl.col("judge") == "gemini_2.5_flash") & (pl.col("group") == "pooled")
    )
    assert gemini.drop_nulls("bound_low").height == 10
    for row in gemini.drop_nulls("bound_low").iter_rows(named=True):
        assert row["bound_low"] < row["value"] < row["bound_high"], row["metric"]
    (exact,) = gemini.filter(pl.col("metric") == "exact").iter_rows(named=True)
    right = exact["value"] * exact["n"]
    assert exact["bound_low"] == pytest.approx(right / 5717)
    assert exact["bound_high"] == pytest.approx((right + 308) / 5717)
    constant = official.filter(pl.col("judge") == "baseline:constant").drop_nulls("value")
    assert (constant["bound_low"] == constant["value"]).all()


@pytest.mark.data
def test_errors_are_told_by_the_level_of_the_label(official: pl.DataFrame) -> None:
    mine = official.filter((pl.col("judge") == "llava_critic_7b") & (pl.col("metric") == "bias"))
    found = dict(mine.select("group", "value").iter_rows())
    levels = [found[f"label:{level}"] for level in range(1, 6)]
    assert levels == sorted(levels, reverse=True)  # every judge that compresses shows this slope
    at = mine.filter(pl.col("group").str.starts_with("label:"))
    assert at["n"].sum() == 5716


def values(frame: pl.DataFrame, group: str = "pooled") -> dict[str, float | None]:
    rows = frame.filter(pl.col("group") == group)
    return dict(rows.select("metric", "value").iter_rows())
