"""Blindness to each type of defect is found at the promised rate (long runs: `make prove`)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tasks.probes.planting import DEFECTS
from tests.proof.pools import Pool
from tests.proof.promise import broken, shared
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances
from tests.proof.seeing import TRACKS, defect_truths, judge, of_type, shifting, uneven

RARE = 0.1
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
def test_intervals_hold_what_hardly_ever_happens_with_200_images_of_its_type() -> None:
    pool, whole = of_type("score", "object"), judge({})
    truths = truths_of(pool, whole, "score", "object")
    rare = {key: truth for key, truth in truths.items() if truth < RARE}
    assert [metric for _, metric in rare] == ["missed_seen", "missed_unseen"]
    assert broken(pool, whole, rare, runs=shared(2)) == {}
