"""Every way to fill samples with missing verdicts, and limits held against all of them."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from data.records import Scale
from tasks.measures.bounds import bounds
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Limits, Measure
from tasks.measures.resampling import values

PLAIN = Columns(NOTHING, NOTHING)
Draws = list[str | None]
THREE = Scale(low=1, high=3)
WORST = 1e-9
Features = Callable[..., tuple[float, ...] | None]
Ends = Callable[..., tuple[tuple[float, ...], ...]]


def told(
    samples: Sequence[Sequence[Any]], features: Features, ends: Ends, said: Sequence[str]
) -> tuple[Evidence, list[Any]]:
    """Evidence of samples with gaps, and the sums of every way to fill all of them.

    A sample is its draws in several arms and whatever else its features take.
    """
    given = [features(*one) for one in samples]
    limited = [ends(*one) for one in samples]
    width = len(limited[0][0])
    rows = np.array([row or (0.0,) * width for row in given])
    answered = np.array([row is not None for row in given], dtype=np.int64)
    evidence = Evidence(PLAIN, rows, answered, np.ones_like(answered), extremes=np.array(limited))
    each = []
    for one in samples:
        filled = {features(*every) for every in _fillings(one, said)}
        each.append([np.array(row) for row in filled])
    return evidence, [np.sum(rows, axis=0) for rows in product(*each)]


def _fillings(one: Sequence[Any], said: Sequence[str]) -> list[list[Any]]:
    arms = [at for at, part in enumerate(one) if isinstance(part, list)]
    gaps = [(at, nth) for at in arms for nth, draw in enumerate(one[at]) if draw is None]
    found = []
    for words in product(said, repeat=len(gaps)):
        filled = [list(part) if isinstance(part, list) else part for part in one]
        for (at, nth), word in zip(gaps, words, strict=True):
            filled[at][nth] = word
        found.append(filled)
    return found


def valued(measure: Measure, sums: Any) -> Any:
    """A measure's value of sums, quiet about what is not defined."""
    return values(lambda s: measure.value(s, PLAIN), sums)


def limits_of(measure: Measure, evidence: Evidence) -> Limits:
    """A measure's limits over all samples."""
    assert measure.bounded
    everybody = np.arange(evidence.features.shape[0])
    return (measure.limits or bounds)(lambda sums: valued(measure, sums), evidence, everybody)


def check(evidence: Evidence, possible: list[Any], measure: Measure, exact: bool) -> None:
    """Asserts that no value leaves the limits and, where they are exact, that some reach them."""
    every = valued(measure, np.array(possible))
    low, high = limits_of(measure, evidence)
    assert low is not None and high is not None, measure.name
    assert low <= np.nanmin(every) + WORST, measure.name
    assert high >= np.nanmax(every) - WORST, measure.name
    if exact:
        assert (low, high) == pytest.approx((np.nanmin(every), np.nanmax(every))), measure.name


def draws(rng: np.random.Generator, said: Sequence[str], count: int, gaps: float) -> Draws:
    """Some verdicts, each missing with that probability."""
    return [None if rng.random() < gaps else str(rng.choice(list(said))) for _ in range(count)]
