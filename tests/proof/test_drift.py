"""False alarms are as few as promised in worlds that the limit does not know; shifts are caught."""

import pytest
from scipy.stats import binom

from tasks.drift.limits import limit
from tests.proof.drift_streams import NIGHTS, SHIFTS, WORLDS, World, delay, false_alarms

PROMISE = 0.05
SETS = {1: 20_000, 12: 10_000, 60: 2_000}


@pytest.mark.prove
@pytest.mark.parametrize("runs", [20, 60])
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_false_alarms_are_as_few_as_promised(world: World, runs: int) -> None:
    for charts, sets in SETS.items():
        bound = limit(charts, PROMISE, NIGHTS, runs)
        alarms = false_alarms(world, runs, charts, sets, bound)
        assert alarms <= binom.ppf(0.999, sets, PROMISE), (charts, alarms / sets)
        assert alarms > 0  # a chart that never signals promises nothing


@pytest.mark.prove
def test_shifts_are_caught_the_sooner_the_larger_they_are() -> None:
    for charts in SETS:
        bound = limit(charts, PROMISE, NIGHTS, 60)
        found = [delay(WORLDS[0], 60, shift, bound) for shift in SHIFTS]
        assert found == sorted(found, reverse=True)
        assert found[-1] <= 3
