"""Whether intervals hold an estimand as often as they promise, and chance is not taken for a miss.

Among dozens of shares of 2,000 runs some lie beyond any useful tolerance by chance. So a share that
does is asked again, in five times as many runs of other seeds, whose own, narrower tolerance
decides. The seeds of both are fixed; none is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from tests.proof.recovered import Key
from tests.proof.recovery import Judge, Pool, recover

LEVEL, RUNS, MORE = 0.95, 2_000, 10_000


def tolerance(runs: int) -> float:
    """3.3 standard errors of the promised share: one in a thousand goes beyond by chance."""
    return 3.3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def broken(pool: Pool, judge: Judge, truths: Mapping[Key, float], size: int) -> dict[Key, float]:
    """The estimates whose intervals do not keep their promise, with their share of 10,000 runs."""
    left = dict(truths)
    for first, runs in ((0, RUNS), (RUNS, MORE)):
        many = recover(pool, judge, runs, size, first=first)
        shares = {key: many.coverage(*key, truths[key]) for key in left}
        for (arm, metric), share in shares.items():
            below, above = many.beside(arm, metric, truths[arm, metric])
            print(f"{arm} {metric}: {share:.4f} of {runs}, {below:.4f} below, {above:.4f} above")
        left = {key: at for key, at in shares.items() if abs(at - LEVEL) > tolerance(runs)}
        if not left:
            break
    return left
