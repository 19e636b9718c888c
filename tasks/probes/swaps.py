"""Whose picture stands in for whose: pictures change places in twos, within or across sources.

Because two pictures stand in for each other, whatever they have in common stays inside their
group, and resampling groups honours both pictures of a mismatch. A new picture changes few groups.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from data.records import ImageRef, Sample

Fits = Callable[[str, str], bool]
BITS = 256


class Swap(NamedTuple):
    """The pictures that stand in, and the name of the group that changes places."""

    group: str
    images: tuple[ImageRef, ...]


class Swaps(NamedTuple):
    """By cluster (`cluster_of`), from the same source and from another one.

    A picture without a partner has no entry.
    """

    same: Mapping[str, Swap]
    other: Mapping[str, Swap]


def cluster_of(sample: Sample) -> str:
    """The sample's cluster, or its pictures where that is unknown."""
    return sample.cluster_id or "+".join(image.sha256 for image in sample.images)


def swaps(samples: Sequence[Sample]) -> Swaps:
    """Partners among pictures that are as many to an item.

    Within a source, three change places in a ring where their number is odd.
    """
    firsts: dict[str, Sample] = {}
    for sample in sorted(samples, key=lambda sample: sample.sample_id):
        if sample.images:
            firsts.setdefault(cluster_of(sample), sample)
    alike: defaultdict[tuple[int, str | None], list[str]] = defaultdict(list)
    counts: defaultdict[int, list[str]] = defaultdict(list)
    for cluster, sample in firsts.items():
        alike[len(sample.images), sample.source].append(cluster)
        counts[len(sample.images)].append(cluster)
    same: list[list[str]] = []
    for clusters in alike.values():
        groups, left = _paired(clusters, lambda a, b: True)
        if groups and left:
            groups[-1].append(left[0])
        same += groups
    other: list[list[str]] = []
    for clusters in counts.values():
        other += _paired(clusters, lambda a, b: firsts[a].source != firsts[b].source)[0]
    return Swaps(_taking_turns(same, firsts), _taking_turns(other, firsts))


def _taking_turns(groups: Sequence[list[str]], firsts: Mapping[str, Sample]) -> dict[str, Swap]:
    found = {}
    for group in groups:
        name = _digest("+".join(sorted(group)))[:12]
        for own, partner in zip(group, [*group[1:], group[0]], strict=True):
            found[own] = Swap(name, firsts[partner].images)
    return found


def _paired(keys: Sequence[str], fits: Fits, bit: int = 0) -> tuple[list[list[str]], list[str]]:
    """Pairs of keys that fit, and those left over.

    Keys are halved by the bits of their hashes and those that one half leaves over are paired with
    those of the other, so that a further key changes only the pairs on its way up.
    """
    if len(keys) < 2 or bit == BITS:
        return [], list(keys)
    halves: tuple[list[str], list[str]] = ([], [])
    for key in keys:
        halves[int(_digest(key), 16) >> (BITS - 1 - bit) & 1].append(key)
    (groups, left), (more, right) = (_paired(half, fits, bit + 1) for half in halves)
    groups += more
    while left and right and fits(left[-1], right[-1]):
        groups.append([left.pop(), right.pop()])
    return groups, left + right


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
