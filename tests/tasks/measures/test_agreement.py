"""Measures against scipy, brute-force twins and published figures."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.config import BootstrapConfig
from tasks.measures import AGREEMENT, EVERY, better, definitions, estimate, primary
from tasks.measures.batch import COLUMNS, features
from tasks.measures.resampling import interval
from tests.tasks.measures.conftest import row_of, samples, values, verdicts

QUICK = BootstrapConfig(replicates=100)

scores = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=40)


@settings(max_examples=40, deadline=None)
@given(scores)
def test_correlations_equal_scipys_on_tables_with_ties(rows: list[tuple[int, int]]) -> None:
    human, judge = [str(h) for h, _ in rows], [str(j) for _, j in rows]
    found = values(estimate(samples("score", human), verdicts("score", judge), QUICK))
    x, y = np.array(rows).T
    if len(set(x)) < 2 or len(set(y)) < 2:
        assert found["pearson"] is None
        return
    assert found["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert found["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    assert found["kendall_tau_b"] == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-9)
    assert found["exact"] == pytest.approx(np.mean(x == y))
    assert found["within_one"] == pytest.approx(np.mean(abs(x - y) <= 1))
    assert found["mae"] == pytest.approx(np.mean(abs(x - y)))
    assert found["bias"] == pytest.approx(np.mean(y - x))


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC")), min_size=1))
@settings(max_examples=40, deadline=None)
def test_pair_measures_equal_their_brute_force(rows: list[tuple[str, str]]) -> None:
    human, judge = [h for h, _ in rows], [j for _, j in rows]
    found = values(estimate(samples("pair", human), verdicts("pair", judge), QUICK))
    assert found["accuracy"] == pytest.approx(np.mean([h == j for h, j in rows]))
    decided = [h == j for h, j in rows if h != "C"]
    expected = np.mean(decided) if decided else None
    assert found["accuracy_without_ties"] == (expected and pytest.approx(expected))
    ties = [j == "C" for h, j in rows if h == "C"]
    assert found["recall_tie"] == (pytest.approx(np.mean(ties)) if ties else None)
    assert found["tie_rate"] == pytest.approx(judge.count("C") / len(rows))
    classes = [c for c in "ABC" if c in human or c in judge]
    f1 = [
        2 * sum(h == j == c for h, j in rows) / (human.count(c) + judge.count(c)) for c in classes
    ]
    assert found["macro_f1"] == pytest.approx(np.mean(f1))


orders = st.integers(2, 5).flatmap(
    lambda k: st.tuples(st.permutations("ABCDE"[:k]), st.permutations("ABCDE"[:k]))
)


@given(orders)
def test_ranking_measures_equal_their_brute_force(pair: tuple[list[str], list[str]]) -> None:
    label, verdict = "".join(pair[0]), "".join(pair[1])
    row = dict(zip(COLUMNS, features(label, verdict), strict=True))
    ranks = [[order.index(letter) for letter in sorted(label)] for order in (label, verdict)]
    assert row["tau"] == pytest.approx(stats.kendalltau(*ranks).statistic)
    assert row["levenshtein"] == pytest.approx(edits(verdict, label) / len(label))
    assert (row["top1"], row["exact"]) == (label[0] == verdict[0], label == verdict)
    moved = sum(abs(a - b) for a, b in zip(*ranks, strict=True))
    assert row["footrule"] == pytest.approx(moved / (len(label) ** 2 // 2))


def edits(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    same = edits(a[1:], b[1:]) + (a[0] != b[0])
    return min(same, edits(a[1:], b) + 1, edits(a, b[1:]) + 1)


def test_a_random_order_of_four_scores_656_and_chance_is_zero() -> None:
    from itertools import permutations

    for size in (2, 3, 4, 5):
        label = "ABCDE"[:size]
        rows = [features(label, "".join(order)) for order in permutations(label)]
        mean = dict(zip(COLUMNS, np.mean(rows, axis=0), strict=True))
        assert mean["tau"] == pytest.approx(0, abs=1e-12)
        assert mean["top1"] == pytest.approx(1 / size)
        for name in COLUMNS:
            if name.endswith("_beyond"):
                assert mean[name] == pytest.approx(0, abs=1e-12), (size, name)
        if size == 4:
            assert round(mean["levenshtein"], 3) == 0.656


def test_a_constant_judge_is_not_defined_and_says_so() -> None:
    frame = estimate(samples("score", ["1", "3", "5"]), verdicts("score", ["4"] * 3), QUICK)
    row = frame.row(
        by_predicate=(pl.col("metric") == "pearson") & (pl.col("group") == "pooled"), named=True
    )
    assert (row["value"], row["low"], row["note"]) == (None, None, "not defined: no variation")


def test_no_nan_ever_leaves() -> None:
    one = estimate(samples("score", ["4"]), verdicts("score", ["4"]), QUICK)
    none = estimate(samples("pair", ["A", "C"]), verdicts("pair", [None, None]), QUICK)
    for frame in (one, none):
        for column in ("value", "low", "high"):
            assert not frame[column].is_nan().any()
    assert none["n_missing"].to_list() == [2] * none.height


def test_unreadable_answers_are_counted_not_scored() -> None:
    frame = estimate(samples("pair", ["A", "B", "C"]), verdicts("pair", ["A", None, None]), QUICK)
    row = frame.row(
        by_predicate=(pl.col("metric") == "accuracy") & (pl.col("group") == "pooled"), named=True
    )
    assert (row["value"], row["n"], row["n_missing"]) == (1.0, 1, 2)


def test_repeats_are_averaged_voted_or_averaged_over_as_the_rule_says() -> None:
    def combined(mode: str, label: str, given: list[str]) -> dict[str, float | None]:
        repeats = [verdicts(mode, [verdict], number) for number, verdict in enumerate(given)]
        frame = estimate(samples(mode, [label]), pl.concat(repeats), QUICK)
        assert set(frame["repeat_rule"]) == {
            {"score": "mean of 3 repeats", "pair": "majority of 3 repeats",
             "batch": "mean over 3 repeats"}[mode]
        }  # fmt: skip
        return values(frame)

    assert combined("score", "4", ["4", "4", "1"])["mae"] == pytest.approx(1.0)
    assert combined("pair", "A", ["A", "B", "A"])["accuracy"] == 1.0
    assert combined("pair", "C", ["A", "B", "C"])["accuracy"] == 1.0
    assert combined("batch", "AB", ["AB", "AB", "BA"])["top1"] == pytest.approx(2 / 3)


def test_the_macro_mean_leaves_unknown_sources_out_and_counts_the_undefined() -> None:
    frame = samples("score", ["1", "5", "2", "2", "4"], source=["a", "a", "b", "b", None])
    found = estimate(frame, verdicts("score", ["1", "5", "1", "2", "4"]), QUICK)
    groups = {group for group in found["group"] if not group.startswith("label:")}
    assert groups == {"pooled", "macro", "source:a", "source:b", "source:(none)"}
    row = found.row(
        by_predicate=(pl.col("metric") == "pearson") & (pl.col("group") == "macro"), named=True
    )
    assert row["value"] == pytest.approx(1.0)
    assert "mean over 1 of 2 sources" in row["note"]
    assert row["n"] == 4


def test_human_labels_win_over_those_by_construction_and_several_are_combined() -> None:
    labels = [
        {"annotator": "m", "verdict": "1", "origin": "construction"},
        {"annotator": "x", "verdict": "4", "origin": "human"},
        {"annotator": "y", "verdict": "5", "origin": "human"},
    ]
    frame = samples("score", ["1"], labels=[labels])
    assert values(estimate(frame, verdicts("score", ["4"]), QUICK))["mae"] == pytest.approx(0.5)


def test_an_interval_resamples_images_and_says_when_it_cannot() -> None:
    rng = np.random.default_rng(1)
    label = rng.integers(1, 6, 200)
    judge = np.clip(label + rng.integers(-1, 2, 200), 1, 5)
    answers = verdicts("score", [str(j) for j in judge])
    texts = [str(h) for h in label]
    images = [f"c{i // 20}" for i in range(200)]
    shared = estimate(samples("score", texts, cluster_id=images), answers, BootstrapConfig())
    single = estimate(samples("score", texts, cluster_id=[None] * 200), answers, BootstrapConfig())
    row, alone = shared.row(0, named=True), single.row(0, named=True)
    assert row["low"] < row["value"] < row["high"]
    assert (row["clusters"], row["clustered"]) == (10, True)
    assert (alone["clusters"], alone["clustered"]) == (200, False)
    assert "unknown" in alone["method"]


def test_the_bootstrap_equals_resampling_rows_by_hand() -> None:
    labels, judge = ["1", "2", "4", "5", "3"], ["2", "2", "5", "4", "1"]
    frame = estimate(samples("score", labels), verdicts("score", judge), BootstrapConfig())
    row = frame.row(
        by_predicate=(pl.col("metric") == "mae") & (pl.col("group") == "pooled"), named=True
    )
    errors = abs(np.array(list(map(int, labels))) - np.array(list(map(int, judge))))
    rng = np.random.default_rng(5)
    draws = errors[rng.integers(0, 5, (20_000, 5))].mean(1)
    low, high = np.quantile(draws, [0.025, 0.975])
    assert row["low"] == pytest.approx(low, abs=0.11)
    assert row["high"] == pytest.approx(high, abs=0.11)


@pytest.mark.parametrize("replicates", [100, 400, 1999])
def test_beyond_each_end_lies_its_share_however_few_the_replicates_are(replicates: int) -> None:
    draws = np.random.default_rng(7).random((4000, replicates))
    ends = [interval(0.5, each, 0.95) for each in draws]
    below = np.array([1.0 if found.low is None else found.low for found in ends])
    above = np.array([1.0 if found.high is None else 1 - found.high for found in ends])
    for tail in (below, above):  # of a uniform distribution, and so the share itself
        assert np.mean(tail) == pytest.approx(0.025, abs=4 * np.std(tail) / np.sqrt(len(tail)))


def test_the_same_seed_gives_the_same_intervals_whoever_else_is_measured() -> None:
    frame, judge = samples("score", list("12345")), verdicts("score", list("12355"))
    other = judge.with_columns(pl.lit("k").alias("judge"))
    alone = estimate(frame, judge, QUICK)
    both = estimate(frame, pl.concat([other, judge]), QUICK)
    assert both.filter(pl.col("judge") == "j").equals(alone)


def test_every_mode_has_one_primary_measure_and_every_measure_a_definition() -> None:
    for measures in AGREEMENT.values():
        assert sum(measure.primary for measure in measures) == 1
    assert set(primary()) == {"score", "pair", "batch"}
    assert set(better()) == set(definitions())
    assert len({measure.name for measure in EVERY}) == len(EVERY)


def test_a_share_of_few_images_has_wilsons_interval() -> None:
    few = estimate(samples("pair", ["A"] * 20), verdicts("pair", ["A"] * 20), QUICK)
    row = row_of(few, "accuracy", "pooled")
    assert row["method"] == "Wilson interval, 20 < 100 images"
    assert (row["value"], row["high"]) == (1.0, 1.0)
    assert row["low"] == pytest.approx(20 / (20 + 1.959964**2))
    assert "bootstrap" in row_of(few, "kappa", "pooled")["method"]
    together = samples("pair", ["A"] * 20, cluster_id=["c1", "c2"] * 10)
    clustered = estimate(together, verdicts("pair", ["A"] * 20), QUICK)
    assert "bootstrap" in row_of(clustered, "accuracy", "pooled")["method"]
    for wrong, method in ((30, "bootstrap"), (4, "Wilson interval, 4 < 15 images of one kind")):
        said = ["B"] * wrong + ["A"] * (120 - wrong)
        many = estimate(samples("pair", ["A"] * 120), verdicts("pair", said), QUICK)
        assert method in row_of(many, "accuracy", "pooled")["method"]
