"""The limit h of the charts: chosen by simulation so that a promise about false alarms holds.

Of M charts one is to signal falsely within N nights with probability alpha at most. Charts of
different judges are independent, so each may with probability 1 - (1 - alpha)^(1/M). How high the
sums of an unchanged judge come in N nights is simulated with its baseline drawn too: its mean is
off by N(0, 1/K), its standard deviation by a chi with K - 1 degrees of freedom, and both errors
last for all N nights. The draws have a fixed seed, so the same question has the same answer.

Figures of real nights are not quite normal (refusals and easy days come in lumps), so the limit is
chosen for a little less than the promised rate; `tests/proof/test_drift.py` holds what it is worth.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import numpy as np

from tasks.drift.cusum import Floats, peaks, standardised

SEED = 20260613
STREAMS = 400_000
ROOM = 0.85  # of the promised rate is what the limit is chosen for; the rest is for lumpy nights
DECIMALS = 1  # the limit is rounded up, which errs towards fewer alarms


def chart_share(charts: int, false_alarms: float) -> float:
    """The probability of a false alarm that each of some charts may have."""
    return float(1 - (1 - false_alarms) ** (1 / charts))


@functools.lru_cache(maxsize=64)
def limit(charts: int, false_alarms: float, nights: int, runs: int) -> float:
    """The limit h that keeps the promise for `charts` charts with baselines of `runs` nights."""
    found = _null_peaks(nights, runs)
    share = chart_share(charts, ROOM * false_alarms)
    at = float(np.quantile(found, 1 - share, method="higher"))
    return float(math.ceil(at * 10**DECIMALS) / 10**DECIMALS)


@functools.lru_cache(maxsize=4)
def _null_peaks(nights: int, runs: int) -> Floats:
    return peaks(null_streams(nights, runs, STREAMS, SEED))


def null_streams(nights: int, runs: int, streams: int, seed: int) -> Iterator[Floats]:
    """Z of many unchanged judges, night by night, each against a baseline of its own."""
    rng = np.random.default_rng([seed, nights, runs])
    single = np.float32
    mean = rng.standard_normal(streams, single) / single(math.sqrt(runs))
    sd = np.sqrt(rng.chisquare(runs - 1, streams) / (runs - 1)).astype(single)
    for _ in range(nights):
        yield standardised(rng.standard_normal(streams, single), mean, sd, runs)
