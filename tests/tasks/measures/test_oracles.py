"""Measures against other libraries, on tables with ties, one class, constant judges, two rows."""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from tasks.config import BootstrapConfig
from tasks.measures import estimate
from tasks.measures.corrected import power_tuned_mean
from tasks.measures.kinds import Columns
from tasks.measures.reliability import features, icc_agreement, icc_agreement_mean
from tasks.measures.resampling import wilson
from tests.tasks.measures.conftest import samples, values, verdicts

QUICK = BootstrapConfig(replicates=100)
scores = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30)
choices = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC")), min_size=2, max_size=30
)


@given(scores)
def test_scoring_equals_scikit_learn_and_krippendorff(rows: list[tuple[int, int]]) -> None:
    human, judge = [h for h, _ in rows], [j for _, j in rows]
    found = values(
        estimate(samples("score", [*map(str, human)]), verdicts("score", [*map(str, judge)]), QUICK)
    )
    same_constant = len({*human, *judge}) == 1
    if same_constant:
        assert found["quadratic_kappa"] is None
        assert found["ordinal_alpha"] is None
        return
    kappa = cohen_kappa_score(human, judge, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert found["quadratic_kappa"] == pytest.approx(kappa, abs=1e-9)
    alpha = krippendorff.alpha(np.array([human, judge]), level_of_measurement="ordinal")
    assert found["ordinal_alpha"] == pytest.approx(alpha, abs=1e-9)


@given(choices)
def test_pairs_equal_scikit_learn(rows: list[tuple[str, str]]) -> None:
    human, judge = [h for h, _ in rows], [j for _, j in rows]
    found = values(estimate(samples("pair", human), verdicts("pair", judge), QUICK))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns where we say "not defined"
        classes = sorted({*human, *judge})
        f1 = f1_score(human, judge, labels=classes, average="macro")
        assert found["macro_f1"] == pytest.approx(f1, abs=1e-9)
        kappa = cohen_kappa_score(human, judge, labels=["A", "B", "C"])
    if found["kappa"] is None:
        assert np.isnan(kappa)
    else:
        assert found["kappa"] == pytest.approx(kappa, abs=1e-9)
    names: dict[str, tuple[Callable[..., float], list[str]]] = {
        "precision": (precision_score, judge), "recall": (recall_score, human),
    }  # fmt: skip
    for kind, (score, needed) in names.items():
        for letter, name in zip("ABC", ("a", "b", "tie"), strict=True):
            value = found[f"{kind}_{name}"]
            if letter not in needed:
                assert value is None
            else:
                other = score(human, judge, labels=[letter], average="macro", zero_division=0)
                assert value == pytest.approx(other, abs=1e-9)


@given(choices)
def test_kappa_equals_statsmodels(rows: list[tuple[str, str]]) -> None:
    human, judge = [h for h, _ in rows], [j for _, j in rows]
    found = values(estimate(samples("pair", human), verdicts("pair", judge), QUICK))
    counts = np.zeros((3, 3))
    for h, j in rows:
        counts["ABC".index(h), "ABC".index(j)] += 1
    if found["kappa"] is not None:
        assert found["kappa"] == pytest.approx(cohens_kappa(counts, return_results=False), abs=1e-9)


@settings(max_examples=20)
@given(
    st.integers(2, 4).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(1, 5), min_size=k, max_size=k), min_size=5, max_size=9
        )
    )
)
def test_reliability_equals_pingouin(rows: list[list[int]]) -> None:
    sums = np.array([features([float(x) for x in row]) for row in rows]).sum(axis=0)
    found = float(icc_agreement(sums, Columns(np.array([]), np.array([]))))
    n, k = len(rows), len(rows[0])
    table = pd.DataFrame(
        {"target": np.repeat(range(n), k), "rater": np.tile(range(k), n), "score": np.ravel(rows)}
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # it divides by zero where there is no variance
        theirs = pingouin.intraclass_corr(table, "target", "rater", "score").set_index("Type")
    value = float(theirs.loc["ICC(A,1)", "ICC"])
    if np.isfinite(found) and np.isfinite(value) and abs(value) < 1e6:
        assert found == pytest.approx(value, abs=1e-9)
    mean = float(icc_agreement_mean(sums, Columns(np.array([]), np.array([]))))
    of_mean = float(theirs.loc["ICC(A,k)", "ICC"])
    if np.isfinite(mean) and np.isfinite(of_mean) and abs(of_mean) < 1e6:
        assert mean == pytest.approx(of_mean, abs=1e-9)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_shares_equal_statsmodels(row: tuple[int, int]) -> None:
    hits, n = row
    low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
    assert wilson(hits / n, n, 0.95) == pytest.approx((low, high), abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_correction_for_many_measures_equals_statsmodels(p: list[float]) -> None:
    theirs = multipletests(p, method="fdr_bh")[1]
    assert false_discovery_control(p) == pytest.approx(theirs, abs=1e-9)


def test_ppi_equals_its_authors_library_to_its_own_tolerance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(sys.prefix) / "oracles")])
    ppi = pytest.importorskip("ppi_py", reason="ppi-python is not installed: `make oracles`")
    for seed in range(20):
        draw = np.random.default_rng(seed)
        truth = draw.normal(3, 1, 1200)
        judged = truth * draw.uniform(0.2, 1.2) + draw.normal(0.5, draw.uniform(0.2, 2), 1200)
        labels, known, others = truth[:200], judged[:200], judged[200:]
        found, tuned = power_tuned_mean(labels, known, others, range(200), range(200, 1200))
        theirs = ppi.ppi_mean_pointestimate(labels, known, others, lam=tuned)
        assert found.value == pytest.approx(float(theirs[0]), abs=1e-9)
        own = ppi.ppi_mean_pointestimate(labels, known, others)  # its own lambda
        assert found.value == pytest.approx(float(own[0]), abs=found.error / 20)
        low, high = ppi.ppi_mean_ci(labels, known, others, alpha=0.05, lam=tuned)
        error = float(high[0] - low[0]) / (2 * 1.959963984540054)
        assert found.error == pytest.approx(error, rel=0.01)  # n where we divide by n - 1
