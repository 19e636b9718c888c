"""Percentile cluster bootstrap: images resampled within sources, the same way for everybody."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import binomtest

from tasks.config import BootstrapConfig
from tasks.measures.kinds import Bools, Floats, Ints
from tasks.measures.memo import remembered

NO_SOURCE = "(none)"
CHUNK_CELLS = 2_000_000  # weights, or replicated sums, held at once
KEPT_CELLS = 100_000  # weights that are worth keeping for the next arm or measure
FEW_IMAGES = 8  # of a source, below which sources are resampled together


@dataclass(frozen=True)
class Stratum:
    """One source: its samples and the image each belongs to."""

    source: str | None
    samples: Ints
    cluster: Ints
    clusters: int
    clustered: bool

    @property
    def name(self) -> str:
        """The source's name as a group has it."""
        return NO_SOURCE if self.source is None else self.source


@remembered
def strata(samples: Sequence[Mapping[str, Any]]) -> list[Stratum]:
    """The strata of samples with `source` and `cluster_id`, in the order of their names.

    A sample whose image is unknown is a cluster of its own, and its stratum is unclustered.
    """
    by_source: dict[str | None, list[int]] = {}
    for index, sample in enumerate(samples):
        by_source.setdefault(sample["source"], []).append(index)
    made = []
    for source in sorted(by_source, key=lambda name: (name is None, name or "")):
        members = by_source[source]
        names = [samples[i]["cluster_id"] or f"\0{samples[i]['sample_id']}" for i in members]
        order = {name: number for number, name in enumerate(sorted(set(names)))}
        made.append(
            Stratum(
                source=source,
                samples=np.array(members, dtype=np.int64),
                cluster=np.array([order[name] for name in names], dtype=np.int64),
                clusters=len(order),
                clustered=all(samples[i]["cluster_id"] is not None for i in members),
            )
        )
    return made


@dataclass(frozen=True)
class Scope:
    """Which samples an estimate is about, and their images."""

    members: Ints
    clusters: int
    clustered: bool


def scope(layers: Sequence[Stratum]) -> Scope:
    """All samples of some strata."""
    return Scope(
        members=np.concatenate([layer.samples for layer in layers]),
        clusters=sum(layer.clusters for layer in layers),
        clustered=all(layer.clustered for layer in layers),
    )


def scope_of(layers: Sequence[Stratum], chosen: Bools) -> Scope:
    """The samples for which `chosen` (a value per sample) is true."""
    inside = [(layer, chosen[layer.samples]) for layer in layers]
    return Scope(
        members=np.concatenate([layer.samples[some] for layer, some in inside]),
        clusters=sum(len(np.unique(layer.cluster[some])) for layer, some in inside),
        clustered=all(layer.clustered for layer, some in inside if some.any()),
    )


def cluster_sums(stratum: Stratum, features: Floats | csr_array) -> csr_array:
    """Per-image sums of a stratum: features (samples, K) to sparse sums (clusters, K)."""
    size = len(stratum.samples)
    place = (stratum.cluster, np.arange(size))
    member = csr_array((np.ones(size), place), shape=(stratum.clusters, size))
    return csr_array(member @ csr_array(features[stratum.samples]))


def blocks(
    layers: Sequence[Stratum],
    width: int,
    bootstrap: BootstrapConfig,
    images: Sequence[int] | None = None,
) -> Iterator[tuple[Floats, ...]]:
    """How often each image is drawn, in blocks of replicates: per stratum (replicates, clusters).

    The multiplicities depend on the seed, the sources and their images alone: every judge and
    measure sees the same replicates, so that differences between judges are paired. Sources of
    fewer than `FEW_IMAGES` are drawn from together: each by itself would show less than its
    variance, (m - 1) / m of it with m images, and none with one (collapsed strata, Cochran 1977).
    `images` are those of each stratum that enter a measure, all by default. Blocks are so small
    that `width` sums a replicate fit into memory.
    """
    clusters = sum(layer.clusters for layer in layers)
    step = max(1, CHUNK_CELLS // max(clusters, width))
    groups = together([layer.clusters for layer in layers] if images is None else images)
    drawn = (_multiplicities([layers[at] for at in group], bootstrap, step) for group in groups)
    order = np.argsort([at for group in groups for at in group])
    for parts in zip(*drawn, strict=True):
        by_group = [own for part in parts for own in part]
        yield tuple(by_group[at] for at in order)


def together(clusters: Sequence[int]) -> list[list[int]]:
    """Which strata are drawn from together: large ones alone, the small ones as one.

    A small one that would be alone joins the smallest of the others; one without images is alone.
    """
    empty = [at for at, size in enumerate(clusters) if size == 0]
    small = [at for at, size in enumerate(clusters) if 0 < size < FEW_IMAGES]
    large = sorted(set(range(len(clusters))) - {*small, *empty}, key=lambda at: (clusters[at], at))
    if len(small) == 1 and large:
        small.append(large.pop(0))
    return [[at] for at in sorted([*large, *empty])] + ([small] if small else [])


def _multiplicities(
    strata: Sequence[Stratum], bootstrap: BootstrapConfig, step: int
) -> Iterator[list[Floats]]:
    """Blocks of multiplicities of strata that are drawn from together, one by one."""
    sizes = tuple(stratum.clusters for stratum in strata)
    names = tuple(stratum.name for stratum in strata)
    if bootstrap.replicates <= step and bootstrap.replicates * sum(sizes) <= KEPT_CELLS:
        yield _kept(names, sizes, bootstrap.seed, bootstrap.replicates)
    else:
        yield from _drawn(names, sizes, bootstrap.seed, bootstrap.replicates, step)


@functools.lru_cache(maxsize=64)
def _kept(
    names: tuple[str, ...], sizes: tuple[int, ...], seed: int, replicates: int
) -> list[Floats]:
    """The only block; every arm of a probe is resampled alike."""
    (block,) = _drawn(names, sizes, seed, replicates, replicates)
    for own in block:
        own.flags.writeable = False
    return block


def _drawn(
    names: Sequence[str], sizes: Sequence[int], seed: int, replicates: int, step: int
) -> Iterator[list[Floats]]:
    clusters, ends = sum(sizes), np.cumsum(sizes)[:-1]
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:8])])
    for start in range(0, replicates, step):
        size = min(step, replicates - start)
        # counting drawn images is eight times faster than drawing their counts
        drawn = rng.integers(clusters, size=(size, clusters))
        drawn += np.arange(size)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=size * clusters)
        by_replicate = np.split(counts.reshape(size, clusters), ends, axis=1)
        # by image in memory, as products with sparse sums want it; else each copies it anew
        yield [np.ascontiguousarray(own.T, dtype=np.float64).T for own in by_replicate]


@dataclass(frozen=True)
class Interval:
    """A value with its percentile interval; `None` where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    undefined: int
    corrected: bool = False


def interval(
    value: float, draws: Floats, level: float, ends: tuple[float, float] | None = None
) -> Interval:
    """The percentile interval of a value's replicates; undefined replicates are counted.

    The ends are the ordered replicates number (B + 1) a and (B + 1)(1 - a), so that beyond each
    lies the share a of what is resampled, however few they are (Davison and Hinkley 1997). `ends`
    are the shares of replicates below both ends where others are better.
    """
    if np.isnan(value):
        return Interval(None, None, None, len(draws))
    defined = draws[~np.isnan(draws)]
    undefined = len(draws) - len(defined)
    if len(defined) < len(draws) / 2:
        return Interval(float(value), None, None, undefined)
    tail = (1 - level) / 2
    ordered = np.sort(defined)
    low, high = (quantile(ordered, share) for share in ends or (tail, 1 - tail))
    # a percentile interval of a skewed measure can miss its own value; it is widened to hold it
    held = float(min(low, value)), float(max(high, value))
    return Interval(float(value), *held, undefined, corrected=ends is not None)


def quantile(ordered: Floats, share: float) -> float:
    """The value number (B + 1) share of B ordered ones, between two where that is no whole number.

    As `numpy.quantile(…, method="weibull")`, to the bit and without its overhead.
    """
    at = len(ordered) * share + share - 1
    if at <= 0 or at >= len(ordered) - 1:
        return float(ordered[0 if at <= 0 else -1])
    before = math.floor(at)
    one, other, part = float(ordered[before]), float(ordered[before + 1]), at - before
    if part < 0.5:
        return one + (other - one) * part
    return other - (other - one) * (1 - part)


def wilson(share: float, n: int, level: float) -> tuple[float, float] | None:
    """Wilson's interval of a share of n images, or `None` if it is not a whole number of them.

    Source: Wilson (1927).
    """
    hits = round(share * n)
    if abs(hits - share * n) > 1e-6:
        return None
    found = binomtest(hits, n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def values(function: Callable[[Floats], Floats], sums: Floats) -> Floats:
    """A measure over stacked sums, quiet about what is not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(function(sums), dtype=np.float64)
