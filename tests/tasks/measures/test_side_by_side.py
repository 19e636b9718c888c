"""The columns of two ways of judging give the agreement measures that joint counts give."""

import itertools
import math
import random
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from data.records import MODES, Mode
from tasks.config import BootstrapConfig
from tasks.measures import estimate, primary
from tasks.measures.evidence import NOTHING
from tasks.measures.kinds import Columns
from tasks.measures.majorities import majority
from tasks.measures.side_by_side import (
    PRICE,
    WIDTH,
    agreement_plain,
    agreement_shift,
    price_ratio,
    side,
    token_ratio,
)
from tasks.measures.wording import (
    flip_features,
    half_features,
    prompt_flip,
    prompt_flip_excess,
    wording_range,
)
from tests.tasks.measures.conftest import samples, values, verdicts

PLAIN = Columns(NOTHING, NOTHING)
SAID = {"score": list("12345"), "pair": list("ABC"), "batch": ["ABC", "ACB", "BAC", "CAB"]}


@pytest.mark.parametrize("mode", MODES)
def test_the_plain_side_is_the_primary_measure(mode: Mode) -> None:
    rng = np.random.default_rng(5)
    labels = [str(x) for x in rng.choice(SAID[mode], 80)]
    given = [label if rng.random() < 0.5 else str(rng.choice(SAID[mode])) for label in labels]
    frame = estimate(
        samples(mode, labels), verdicts(mode, given), BootstrapConfig(replicates=100)
    ).filter(pl.col("probe").is_null())
    sums = np.sum([side(mode, [y], [v]) for y, v in zip(labels, given, strict=True)], axis=0)
    both = np.concatenate([sums, sums])
    assert agreement_plain(both, PLAIN) == pytest.approx(values(frame)[primary()[mode]])
    assert agreement_shift(both, PLAIN) == 0.0


def test_a_judge_that_says_one_thing_has_no_correlation() -> None:
    sums = np.sum([side("score", [y], ["3"]) for y in "12345"], axis=0)
    assert np.isnan(agreement_plain(np.concatenate([sums, sums]), PLAIN))


def test_an_unknown_price_stays_unknown_and_a_known_one_is_a_ratio() -> None:
    row = dict.fromkeys(PRICE, 0.0) | {"n": 2, "usd_plain": 0.1, "usd_changed": 0.3}
    assert price_ratio(np.array(list(row.values())), PLAIN) == pytest.approx(3.0)
    assert np.isnan(price_ratio(np.array(list((row | {"unpriced": 1.0}).values())), PLAIN))
    assert np.isnan(token_ratio(np.array(list(row.values())), PLAIN))


@pytest.mark.parametrize("prompts", [("AAB", "BBA"), ("AA", "BB"), ("AB", "AA"), ("ABC", "CCC")])
def test_the_noise_of_flips_equals_dealing_the_answers_in_every_order(
    prompts: tuple[str, str],
) -> None:
    first, pooled = len(prompts[0]), "".join(prompts)
    deals = [(order[:first], order[first:]) for order in itertools.permutations(pooled)]
    leaders = [(majority(one), majority(other)) for one, other in deals]
    both = [one is not None and other is not None for one, other in leaders]
    differ = [b and one != other for b, (one, other) in zip(both, leaders, strict=True)]
    assert flip_features(prompts)[2:4] == pytest.approx((np.mean(both), np.mean(differ)))


def test_flips_of_majorities_are_counted_where_both_wordings_have_one() -> None:
    rows = [flip_features(prompts) for prompts in (("AA", "BB"), ("AA", "AA"), ("AB", "BB"))]
    sums = np.sum(rows, axis=0)
    assert prompt_flip(sums, PLAIN) == pytest.approx(0.5)
    assert prompt_flip_excess(sums, PLAIN) < 0.5
    assert majority("AB") is None


def test_a_judge_that_repeats_itself_has_no_range_of_wordings_by_chance() -> None:
    rng = random.Random(4)

    def found(chances: Sequence[float]) -> float:
        """The range of 60 pairs, each wording right by a chance of its own, repeats alike."""
        sums = np.zeros(2 * len(chances) * WIDTH)
        for at in range(60):
            said = [["A" if rng.random() < chance else "B"] * 2 for chance in chances]
            sums += half_features("pair", ["A"], said, at % 2) or ()
        return float(wording_range(sums, PLAIN))

    alike = [found([0.6] * 4) for _ in range(300)]
    apart = [found([0.6, 0.6, 0.6, 0.9]) for _ in range(300)]
    error = np.std(alike) / math.sqrt(len(alike))
    assert abs(np.mean(alike)) < 4 * error
    assert 0.2 < np.mean(apart) < 0.35
