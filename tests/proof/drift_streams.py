"""Streams of nights of simulated judges over 200 anchors, to hold the charts' promise against.

Anchors lie in strata of equal difficulty; a night's right answers in each are drawn from a binomial
distribution, so figures are not normal, and worlds differ in what the limit's own simulation does
not know: days on which everything is a little easier or harder, and refusals that the hard anchors
get more of, sometimes so many that the night gives no point.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.drift.cusum import Floats, standardised, step
from tasks.drift_config import DriftConfig

NIGHTS = 180
ANCHORS = 200
RIGHT = np.array([0.55, 0.72, 0.85, 0.94, 0.98])  # of a stratum: two answers differ in 27 %
EACH = ANCHORS // len(RIGHT)
HARDER = np.array([1.8, 1.4, 1.0, 0.6, 0.2])  # how refusals lie on the strata
LEAST = DriftConfig().min_answered
BLOCK = 20_000  # streams held at once
SHIFTS = (0.05, 0.10, 0.20)


@dataclass(frozen=True)
class World:
    """What else happens to an unchanged judge.

    `day` is the standard deviation of a day's effect, of which `carried` goes on to the next day;
    `refused` the mean share of refusals, `storms` the share of nights with seven times as many.
    """

    name: str
    day: float = 0.0
    carried: float = 0.0
    refused: float = 0.0
    storms: float = 0.0


PLAIN = World("answers alone")
DAYS = World("day effects, sd .02", day=0.02)
REFUSALS = World("refusals, 5 %, more of the hard", refused=0.05, storms=0.02)
BOTH = World("both", day=0.02, refused=0.05, storms=0.02)
WORLDS = (PLAIN, DAYS, REFUSALS, BOTH)
CARRIED = World("day effects, sd .02, half carried over", day=0.02, carried=0.5)


def figures(
    world: World, streams: int, rng: np.random.Generator, shift: float = 0.0
) -> Iterator[Floats]:
    """The figure of each night of many streams, without end; NaN where a night is left out."""
    today = np.zeros(streams)
    while True:
        fresh = rng.normal(0.0, world.day, streams) if world.day else np.zeros(streams)
        today = world.carried * today + np.sqrt(1 - world.carried**2) * fresh
        right = np.clip(RIGHT[:, None] + today - shift, 0.0, 1.0)
        answered = _answered(world, streams, rng)
        hits = rng.binomial(answered, right)
        total = answered.sum(0)
        share = hits.sum(0) / np.maximum(total, 1)
        yield np.where(total >= LEAST * ANCHORS, share, np.nan)


def _answered(world: World, streams: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Anchors with a verdict by stratum and stream."""
    if not world.refused:
        return np.full((len(RIGHT), streams), EACH)
    share = rng.beta(2.0, 2.0 / world.refused - 2.0, streams)
    share = np.where(rng.random(streams) < world.storms, 7 * world.refused, share)
    refused = np.clip(HARDER[:, None] * share, 0.0, 1.0)
    return rng.binomial(EACH, 1 - refused)


def baselines(nights: Iterator[Floats], runs: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the first `runs` nights of each stream that give a point."""
    first = next(nights)
    count, total, squares = (np.zeros_like(first) for _ in range(3))
    figure = first
    while True:
        wanted = ~np.isnan(figure) & (count < runs)
        value = np.where(wanted, figure, 0.0)
        count, total, squares = count + wanted, total + value, squares + value**2
        if (count == runs).all():
            break
        figure = next(nights)
    mean = total / runs
    sd = np.sqrt(np.maximum(squares - runs * mean**2, 0.0) / (runs - 1))
    return mean, np.maximum(sd, 1 / ANCHORS)


def heights(world: World, runs: int, streams: int, seed: int, shift: float = 0.0) -> Floats:
    """How high the higher sum has been by each of 180 nights: shape (nights, streams)."""
    rng = np.random.default_rng([seed, runs, round(1000 * shift)])
    mean, sd = baselines(figures(world, streams, rng), runs)
    above: Floats = np.zeros(streams)
    below: Floats = np.zeros(streams)
    most, found = np.zeros(streams), np.empty((NIGHTS, streams), dtype=np.float32)
    for night, figure in zip(range(NIGHTS), figures(world, streams, rng, shift), strict=False):
        counted = ~np.isnan(figure)
        after = step(above, below, standardised(figure, mean, sd, runs))
        above = np.where(counted, after.above, above)
        below = np.where(counted, after.below, below)
        most = np.maximum(most, np.maximum(above, below))
        found[night] = most
    return found


@functools.lru_cache(maxsize=16)
def highest(world: World, runs: int, streams: int, seed: int = 7) -> Floats:
    """How high the higher sum came in 180 nights, by stream."""
    sizes = [min(BLOCK, streams - start) for start in range(0, streams, BLOCK)]
    parts = [heights(world, runs, size, seed + 1000 * at)[-1] for at, size in enumerate(sizes)]
    return np.concatenate(parts)


def false_alarms(world: World, runs: int, charts: int, sets: int, bound: float) -> int:
    """Of so many sets of charts, in how many one signals though no judge has changed."""
    found = highest(world, runs, 60 * 2000)[: charts * sets]
    return int((found.reshape(sets, charts).max(1) > bound).sum())


def delay(world: World, runs: int, shift: float, bound: float, streams: int = 4000) -> float:
    """The median number of nights until a chart signals a shift; infinite beyond 180."""
    found = _shifted(world, runs, shift, streams) > bound
    first = np.where(found.any(0), found.argmax(0) + 1.0, np.inf)
    return float(np.median(first))


@functools.lru_cache(maxsize=16)
def _shifted(world: World, runs: int, shift: float, streams: int) -> Floats:
    return heights(world, runs, streams, 11, shift)
