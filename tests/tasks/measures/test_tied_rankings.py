"""Ranking labels that hold ties: what they are worth against a judge's strict rankings."""

from itertools import permutations
from random import Random
from statistics import fmean

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from data.rankings import canonical_ranking, in_favour, letters_of, orders, places, tied_groups
from data.records import LETTERS
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures.batch import COLUMNS, MEASURES, extremes, features
from tasks.measures.beyond import BATCH, batch_evidence
from tasks.measures.estimates import Family, agreement
from tasks.measures.evidence import EVIDENCE
from tests.tasks.measures.conftest import samples, values, verdicts


@st.composite
def rankings(draw: st.DrawFn, most: int = 5) -> str:
    """A ranking of two and more letters with some neighbours tied, not all."""
    letters = draw(st.permutations(LETTERS[: draw(st.integers(2, most))]))
    marks = draw(st.lists(st.sampled_from(["", "="]), min_size=len(letters) - 1, max_size=99))
    text = "".join(
        a + mark for a, mark in zip(letters, [*marks[: len(letters) - 1], ""], strict=True)
    )
    return canonical_ranking(text, "".join(sorted(letters))) or "".join(letters)


def worth(label: str, verdict: str) -> dict[str, float]:
    return dict(zip(COLUMNS, features(label, verdict), strict=True))


@given(rankings(), st.randoms(use_true_random=False))
def test_a_tied_label_gives_the_best_that_any_order_it_allows_would(
    label: str, draw: Random
) -> None:
    letters = sorted(letters_of(label))
    verdict = "".join(draw.sample(letters, len(letters)))
    found = worth(label, verdict)
    strict = [worth(order, verdict) for order in orders(label)]
    assert found["levenshtein"] in {each["levenshtein"] for each in strict}
    assert (found["levenshtein"] == 0) == (verdict in orders(label))
    assert found["top1"] == max(each["top1"] for each in strict)
    assert found["exact"] == max(each["exact"] for each in strict)
    moved = min(
        sum(abs(verdict.index(x) - i) for i, x in enumerate(order)) for order in orders(label)
    )
    furthest = max(
        min(sum(abs(said.index(x) - i) for i, x in enumerate(order)) for order in orders(label))
        for said in map("".join, permutations(letters))
    )
    assert found["footrule"] == moved / furthest


@given(rankings(), st.randoms(use_true_random=False))
def test_the_worst_and_the_best_verdict_and_chance_are_those_of_all_orders(
    label: str, draw: Random
) -> None:
    every = [worth(label, "".join(order)) for order in permutations(sorted(letters_of(label)))]
    worst, best = (dict(zip(COLUMNS, row, strict=True)) for row in extremes(label))
    for name, pick in (("levenshtein", min), ("footrule", min), ("tau", max), ("top1", max)):
        assert best[name] == pick(each[name] for each in every)
        assert worst[name] == (max if pick is min else min)(each[name] for each in every)
    for name in ("tau", *(name for name in COLUMNS if name.endswith("_beyond"))):
        assert fmean(each[name] for each in every) == pytest.approx(0, abs=1e-12)


def test_tau_counts_the_pairs_that_the_label_orders() -> None:
    label, verdict = "C=DAB", "DBCA"  # against C>A, C>B, D>A, D>B, A>B: 3 for, 2 against
    assert worth(label, verdict)["tau"] == pytest.approx(1 / 5)
    assert in_favour(label, verdict) == "DCAB"
    assert worth(label, "DCAB")["exact"] == worth(label, "CDAB")["exact"] == 1


@given(rankings(), rankings())
def test_a_tied_annotator_is_worth_the_mean_of_the_orders_they_allow(
    label: str, other: str
) -> None:
    if sorted(letters_of(label)) == sorted(letters_of(other)):
        each = [features(label, order) for order in orders(other)]
        assert features(label, other) == pytest.approx(tuple(map(fmean, zip(*each, strict=True))))


@given(rankings())
def test_places_are_midranks_and_groups_hold_every_letter(label: str) -> None:
    group_of = {x: i for i, group in enumerate(tied_groups(label)) for x in group}
    letters = sorted(group_of)
    ranks = stats.rankdata([group_of[x] for x in letters]) - 1
    assert [places(label)[x] for x in letters] == list(ranks)
    assert canonical_ranking(label, "".join(letters)) == label


@pytest.mark.parametrize(
    "text", ["A=B", "A==B", "=AB", "AB=", "AB=A", "A=BD", "A = BC", "", "ABC\n"]
)
def test_what_is_no_ranking_with_ties(text: str) -> None:
    assert canonical_ranking(text, "AB" if text == "A=B" else "ABC") is None


def test_long_tied_rankings_are_looked_at_by_sample() -> None:
    label = "A=B=C=D=E=F=G=HIJ"
    assert worth(label, "HGFEDCBAIJ")["exact"] == 1
    assert worth(label, label)["exact"] == 1
    draws = [worth(label, "".join(np.random.default_rng(i).permutation(list("ABCDEFGHIJ"))))
             for i in range(400)]  # fmt: skip
    assert fmean(each["footrule_beyond"] for each in draws) == pytest.approx(0, abs=0.1)


def test_tied_labels_through_evidence_bounds_and_beyond_the_responder() -> None:
    responses = [[{"author": x, "text": x} for x in "wxyz"]] * 6
    labels = ["A=BCD", "ABC=D", "A=B=CD", "DCBA", "B=CAD", "AD=BC"]
    table = samples("batch", labels, responses=responses)
    perfect = [in_favour(label, "DCBA") for label in labels]
    config = BootstrapConfig(replicates=100)
    family = (Family(EVIDENCE["batch"], MEASURES), Family(batch_evidence, BATCH))
    found = values(agreement(table, verdicts("batch", perfect), {"batch": family}, config))
    assert found["kendall"] == found["exact_order"] == 1
    assert found["levenshtein"] == found["footrule"] == 0
    assert found["kendall_beyond_responder"] == pytest.approx(1)


def test_baselines_speak_in_strict_orders_where_labels_tie() -> None:
    responses = [[{"author": x, "text": x * (1 + i)} for i, x in enumerate("wxyz")]] * 4
    table = samples("batch", ["A=BCD", "A=BCD", "A=CBD", "AC=BD"], responses=responses)
    found = baseline_verdicts(table, seed=1).drop_nulls("verdict")
    assert {"baseline:constant", "baseline:random", "baseline:responder", "baseline:longer"} == set(
        found["judge"]
    )
    assert all(sorted(verdict) == list("ABCD") for verdict in found["verdict"])
    constant = found.filter(pl.col("judge") == "baseline:constant")["verdict"].unique()
    assert constant.to_list() == ["ABCD"]
