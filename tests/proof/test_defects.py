"""Blindness to each type of defect is found at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tasks.probes.planting import DEFECTS
from tests.proof.pools import Pool
from tests.proof.promise import LEVEL, broken, shared, shares, tolerance
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances
from tests.proof.seeing import TRACKS, defect_truths, judge, of_type, shifting, uneven

MANY, RARE = 800, 0.1
OVERLOOKED = dict(zip(DEFECTS, (0.2, 0.3, 0.6, 0.3, 0.4, 0.5, 0.2, 0.4, 1.0), strict=True))
JUDGES: Mapping[str, Judge] = {
    "as told": judge(OVERLOOKED),
    "misspecified": uneven(shifting(OVERLOOKED)),
}


def truths_of(pool: Pool, whole: Judge, mode: str, defect: str) -> dict[Key, float]:
    every = defect_truths(pool, chances(pool, whole), mode)
    return {key: truth for key, truth in every.items() if key[0] == defect}


@pytest.mark.prove
@pytest.mark.parametrize("mode", TRACKS)
@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize("name", JUDGES)
def test_intervals_of_a_type_hold_the_truth_with_200_images_of_it(
    mode: str, defect: str, name: str
) -> None:
    pool = of_type(mode, defect)
    truths = truths_of(pool, JUDGES[name], mode, defect)
    likely = {
        (arm, metric): truth
        for (arm, metric), truth in truths.items()
        if metric == "youden" or RARE <= truth <= 1 - RARE
    }
    assert len(likely) > 3
    assert broken(pool, JUDGES[name], likely, runs=shared(len(TRACKS) * len(JUDGES))) == {}


@pytest.mark.prove
def test_what_hardly_ever_happens_needs_more_images_of_its_type() -> None:
    """Percentiles know no share that is rarer than what the images show."""
    pool, whole = of_type("score", "object"), judge({})
    truths = truths_of(pool, whole, "score", "object")
    rare = {key: truth for key, truth in truths.items() if truth < RARE}
    assert [metric for _, metric in rare] == ["missed_seen", "missed_unseen"]
    few = shares(pool, whole, rare, 100, 2_000)
    assert few["object", "missed_unseen"] < LEVEL - tolerance(2_000)
    assert broken(pool, whole, rare, MANY) == {}
