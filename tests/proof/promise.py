"""Whether intervals hold an estimand as often as they promise, and chance is not taken for a miss.

Among hundreds of shares of 2,000 runs some lie beyond any useful tolerance by chance. So a share
that does is asked again, in five times as many runs of other seeds, whose own, narrower tolerance
decides. The seeds of both are fixed; none is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from tasks.probes.contrasts import Arm
from tests.proof.pools import Pool
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, recover

LEVEL, RUNS, AGAIN = 0.95, 2_000, 5
FEWER = 500  # limits hold more often than promised, so that fewer runs tell
MORE = AGAIN * RUNS


def shared(ways: int, runs: int = RUNS) -> int:
    """The runs of one of several modes, or judges, that have `runs` among them."""
    return math.ceil(runs / ways)


def tolerance(runs: int) -> float:
    """3.3 standard errors of the promised share: one in a thousand goes beyond by chance."""
    return 3.3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def shares(
    pool: Pool,
    judge: Judge,
    truths: Mapping[Key, float],
    size: int,
    runs: int,
    first: int = 0,
    others: Sequence[Judge] = (),
) -> dict[Key, float]:
    """How often the interval of each estimate that varies at all holds the truth; printed, too."""
    many = recover(pool, judge, runs, size, first=first, others=others)
    found: dict[Key, float] = {}
    for (arm, metric), truth in truths.items():
        if np.ptp(many.runs[arm, metric][:, 0]) == 0:
            continue  # as of unreadable answers, where there are none
        share = found[arm, metric] = many.coverage(arm, metric, truth)
        below, above = many.beside(arm, metric, truth)
        print(f"{pool.probe} {pool.mode} {arm} {metric}: {share:.4f} of {runs}, "
              f"{below:.4f} below, {above:.4f} above")  # fmt: skip
    return found


def broken(
    pool: Pool,
    judge: Judge,
    truths: Mapping[Key, float],
    size: int = 200,
    runs: int = RUNS,
    others: Sequence[Judge] = (),
    wide: Collection[str] = (),
    arms: Sequence[Arm] = (),
) -> dict[Key, float]:
    """The estimates whose intervals do not keep their promise, with their share of more runs.

    Those of the measures `wide` may hold the truth oftener than they promise. Where all estimates
    are contrasts of `arms`, those in doubt are asked again without the others, which is faster.
    """
    doubtful = beyond(shares(pool, judge, truths, size, runs, others=others), runs, wide)
    if not doubtful:
        return {}
    left, more = {key: truths[key] for key in doubtful}, AGAIN * runs
    if arms:
        pool = pool.about([arm for arm in arms if arm.name in {name for name, _ in doubtful}])
    return beyond(shares(pool, judge, left, size, more, runs, others), more, wide)


def beyond(found: Mapping[Key, float], runs: int, wide: Collection[str] = ()) -> dict[Key, float]:
    """The shares that are further from the promise than chance explains."""
    return {
        key: at
        for key, at in found.items()
        if abs(at - LEVEL) > tolerance(runs) and not (key[1] in wide and at > LEVEL)
    }
