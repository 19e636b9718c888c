"""What missing verdicts could have been: searched limits against every possibility."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.config import BootstrapConfig
from tasks.measures import estimate
from tests.tasks.measures.conftest import row_of, samples, verdicts

QUICK = BootstrapConfig(replicates=100)
rows = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=4, max_size=12)


@settings(max_examples=25, deadline=None)
@given(rows, st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_no_possible_verdict_leaves_the_bounds_of_shares_and_means(
    known: list[tuple[int, int]], missing: list[int]
) -> None:
    human = [1, 2, 3, *[h for h, _ in known], *missing]
    said = [1, 2, 3, *[j for _, j in known]]
    given_ = [*map(str, said), *[None] * len(missing)]
    frame = estimate(samples("score", [*map(str, human)]), verdicts("score", given_), QUICK)
    x = np.array(human, dtype=float)
    possible = [np.array([*said, *more]) for more in product((1, 2, 3), repeat=len(missing))]
    values: dict[str, Callable[[Any], Any]] = {
        "exact": lambda y: np.mean(x == y),
        "mae": lambda y: np.mean(np.abs(x - y)),
        "bias": lambda y: np.mean(y - x),
        "pearson": lambda y: np.corrcoef(x, y)[0, 1],
        "quadratic_kappa": lambda y: (
            1 - np.mean((x - y) ** 2) / np.mean((x[:, None] - y[None]) ** 2)
        ),
    }
    for metric, value in values.items():
        every = [value(y) for y in possible]
        found = row_of(frame, metric, "pooled")
        slack = 1e-9 if metric in {"exact", "mae", "bias"} else 0.05  # the others are searched for
        assert found["bound_low"] == pytest.approx(min(every), abs=slack), metric
        assert found["bound_high"] == pytest.approx(max(every), abs=slack), metric


def test_pairs_and_rankings_have_bounds_too() -> None:
    pairs = estimate(samples("pair", list("ABCA")), verdicts("pair", ["A", "A", "C", None]), QUICK)
    accuracy = row_of(pairs, "accuracy", "pooled")
    assert (accuracy["bound_low"], accuracy["bound_high"]) == (0.5, 0.75)
    ranked = estimate(samples("batch", ["ABCD"] * 2), verdicts("batch", ["ABDC", None]), QUICK)
    kendall = row_of(ranked, "kendall", "pooled")
    tau = kendall["value"]
    assert (kendall["bound_low"], kendall["bound_high"]) == ((tau - 1) / 2, (tau + 1) / 2)
    edits = row_of(ranked, "levenshtein", "pooled")
    assert (edits["bound_low"], edits["bound_high"]) == (0.25, 0.75)


def test_without_missing_verdicts_the_bounds_are_the_value() -> None:
    frame = estimate(samples("score", list("12345")), verdicts("score", list("12354")), QUICK)
    for row in frame.iter_rows(named=True):
        assert (row["bound_low"], row["bound_high"]) == (row["value"], row["value"])
