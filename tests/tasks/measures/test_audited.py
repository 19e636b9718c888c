"""Audits of a part correct a rate: also where people looked at suspicious judgements oftener."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tasks.measures.audited import Looked, corrected_rate, weighted_mean
from tasks.measures.subjects import Subject

SUBJECT = Subject("j", "pair", "s", "rationale", "rule", "evidence")


def judgements(seed: int, images: int, chance: Callable[[bool], float], told: bool) -> list[Looked]:
    """Four judgements an image: what is so, what a program found of it, and what people did.

    `chance` is the probability of an audit by what is so.
    """
    draw = np.random.default_rng(seed)
    found = []
    for image in range(images):
        rate = draw.beta(2, 4)  # images differ, so that the judgements of one are alike
        for _ in range(4):
            so = bool(draw.random() < rate)
            flagged = bool(draw.random() < (0.8 if so else 0.15))
            looked = draw.random() < chance(so)
            said = so if looked else None
            found.append(Looked(flagged, said, image, True, chance(so) if told else None))
    return found


TRUTH = 2 / 6
FOUND = TRUTH * 0.8 + (1 - TRUTH) * 0.15


def evenly(_: bool) -> float:
    return 0.2


def suspicious(so: bool) -> float:
    return 0.4 if so else 0.1


def estimate(*args: Any) -> dict[str, Any]:
    (row,) = corrected_rate(SUBJECT, "rate", judgements(*args), 0.95)
    return row.model_dump()


def test_it_corrects_what_the_program_finds() -> None:
    row = estimate(1, 300, evenly, False)
    assert row["low"] < TRUTH < row["high"] < FOUND
    assert row["note"].startswith("PPI++, lambda 0.")
    assert (row["n"], row["clusters"], row["arm"]) == (1200, 300, "evidence")


def test_looking_oftener_at_wrong_ones_is_taken_back_only_if_it_is_told() -> None:
    told, untold = (estimate(2, 300, suspicious, told) for told in (True, False))
    assert told["low"] < TRUTH < told["high"]
    assert untold["low"] > TRUTH
    assert "difference estimator" in told["note"]


def test_with_equal_weights_it_is_the_plain_difference_estimator() -> None:
    draw = np.random.default_rng(4)
    y, f, others = (draw.integers(0, 2, size).astype(float) for size in (60, 60, 240))
    mean, tuned = weighted_mean(y, f, others, np.full(60, 5.0), (range(60), range(60, 300)))
    slope = np.cov(y, f, ddof=0)[0, 1] / np.var(f)
    assert tuned == pytest.approx(min(1, max(0, slope / 1.25)))
    every = np.concatenate([f, others])
    assert mean.value == pytest.approx(tuned * every.mean() + (y - tuned * f).mean())


def test_few_audits_give_nothing_and_audits_that_agree_give_no_interval() -> None:
    assert corrected_rate(SUBJECT, "rate", judgements(1, 20, lambda _: 0.1, False), 0.95) == []
    clean = [Looked(False, False if n < 40 else None, n, True) for n in range(200)]
    (row,) = corrected_rate(SUBJECT, "rate", clean, 0.95)
    assert (row.value, row.low, row.high) == (0.0, None, None)
    assert "does not vary" in (row.note or "")
    assert "fewer than the 100" in (row.note or "")


def test_where_everything_was_audited_it_is_what_people_found() -> None:
    every = judgements(1, 50, lambda _: 1.0, False)
    (row,) = corrected_rate(SUBJECT, "rate", every, 0.95)
    assert row.value == pytest.approx(np.mean([bool(each.said) for each in every]))
    assert (row.note or "").startswith("what people found")


@pytest.mark.prove
@pytest.mark.parametrize(("chance", "told"), [(evenly, False), (suspicious, True)])
def test_its_interval_covers_the_truth_as_often_as_it_says(
    chance: Callable[[bool], float], told: bool
) -> None:
    runs = 2000
    rows = [estimate(seed, 200, chance, told) for seed in range(runs)]
    covered = np.mean([row["low"] <= TRUTH <= row["high"] for row in rows])
    print(f"audits {'weighted' if told else 'even'}: coverage {covered:.4f} of {runs} runs")
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)
