"""Measures against other libraries, on tables with ties, one class, constant judges, two rows."""

import warnings
from collections.abc import Callable

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from tasks.config import BootstrapConfig
from tasks.measures import estimate
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
