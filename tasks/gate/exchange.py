"""The exchange test: if nothing has changed, the two runs' verdicts on an image are exchangeable.

Exchanging all verdicts on an image between the runs, image by image at random, gives the
distribution of the difference under no change. It holds for any measure and any number of images,
also where verdicts are missing, as long as the samples are those that both runs answered.

Source: Fisher's randomisation test for paired data; Phipson and Smyth (2010) for the added one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from tasks.measures.differences import Side, sums_by_image, value_of
from tasks.measures.kinds import Better, Floats, Ints, Measure
from tasks.measures.resampling import CHUNK_CELLS, Stratum

STREAM = 7  # apart from the bootstrap's draws of the same seed
PER_TAIL = 20  # exchanges expected beyond the strictest threshold
EQUAL = 1e-9  # rounding of sums that are taken apart and put together

Pair = tuple[Side, Side]


def draws_for(alarms: float, tests: int) -> int:
    """How many exchanges tell whether p is below `alarms` shared by so many tests."""
    return max(2000, math.ceil(PER_TAIL * tests / alarms))


def exchanged(
    pairs: Sequence[Pair],
    layers: Sequence[Stratum],
    measures: Sequence[Measure],
    seed: int,
    draws: int,
) -> list[list[Floats]]:
    """Per pair and measure the differences (draws,) under random exchanges, the same for all."""
    sums = [_apart(pair, layers) for pair in pairs]
    found: list[list[list[Floats]]] = [[[] for _ in measures] for _ in pairs]
    width = max((side.evidence.features.shape[1] for pair in pairs for side in pair), default=1)
    for weights in _exchanges(layers, width, seed, draws) if pairs else ():
        for pair, (gained, other, whole), of_pair in zip(pairs, sums, found, strict=True):
            moved = [w @ own for w, own in zip(weights, gained, strict=True)]
            one = other + np.sum(moved, axis=0)
            for measure, values in zip(measures, of_pair, strict=True):
                value = value_of(measure, pair[0].evidence)
                values.append(value(one) - value(whole - one))
    return [[np.concatenate(values) for values in of_pair] for of_pair in found]


def _apart(pair: Pair, layers: Sequence[Stratum]) -> tuple[list[csr_array], Floats, Floats]:
    """What each image adds when it is not exchanged, the second run's sums, and those of both."""
    kept: Ints = pair[0].evidence.answered * pair[1].evidence.answered
    first, second = (sums_by_image(side.evidence, kept, layers) for side in pair)
    own = np.sum([np.asarray(part.sum(0), dtype=np.float64) for part in second], axis=0)
    gained = [csr_array(a - b) for a, b in zip(first, second, strict=True)]
    both = own + np.sum([np.asarray(part.sum(0), dtype=np.float64) for part in first], axis=0)
    return gained, own, both


def _exchanges(
    layers: Sequence[Stratum], width: int, seed: int, draws: int
) -> Iterator[list[Floats]]:
    """Blocks of 1 (as it was) and 0 (exchanged) per stratum: (draws, clusters)."""
    clusters = sum(layer.clusters for layer in layers)
    ends = np.cumsum([layer.clusters for layer in layers])[:-1]
    step = max(1, CHUNK_CELLS // max(clusters, width))
    rng = np.random.default_rng([seed, STREAM])
    for start in range(0, draws, step):
        size = min(step, draws - start)
        kept = rng.integers(2, size=(size, clusters)).astype(np.float64)
        yield [np.ascontiguousarray(own) for own in np.split(kept, ends, axis=1)]


def two_sided(value: float, under: Floats) -> float:
    """The share of exchanges that differ at least as much, the data among them."""
    return _share(np.abs(under) >= abs(value) - EQUAL, under)


def as_bad(value: float, under: Floats, better: Better) -> float:
    """The share of exchanges at least as bad, the data among them."""
    sign = -1.0 if better == "lower" else 1.0
    return _share(sign * under <= sign * value + EQUAL, under)


def _share(beyond: np.ndarray, under: Floats) -> float:
    """An undefined exchange counts as beyond, so that it never helps to find a difference."""
    hits = int(np.count_nonzero(beyond | np.isnan(under)))
    return (1 + hits) / (1 + len(under))
