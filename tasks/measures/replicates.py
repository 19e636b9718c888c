"""Replicates of measures: every measure of every subject from the same draws of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.denominators import Entering, entering
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Floats, Measure, Value
from tasks.measures.resampling import Stratum
from tasks.measures.subjects import Subject

MOST_LEVELS = 12  # of labels, for each to get a figure of its own


class Job(NamedTuple):
    """A subject's evidence and the measures of it."""

    subject: Subject
    evidence: Evidence
    measures: Sequence[Measure]


class Drawn(NamedTuple):
    """A measure's replicates: by stratum, pooled, and by level of the label."""

    layers: list[Floats]
    pooled: Floats
    levels: list[Floats]


class Inside(NamedTuple):
    """The samples that enter a measure, and their images by stratum."""

    entering: Entering
    images: tuple[int, ...]


def inside_of(job: Job, layers: Sequence[Stratum]) -> list[Inside]:
    """Of each measure; measures with the same denominators share it."""
    known: dict[tuple[tuple[Value, ...], bool], Inside] = {}
    found = []
    for measure in job.measures:
        key = measure.of, measure.labelled
        if key not in known:
            who = entering(measure, job.evidence)
            known[key] = Inside(who, who.images(layers))
        found.append(known[key])
    return found


def valued(measure: Measure, evidence: Evidence) -> Callable[[Floats], Floats]:
    """The measure as a function of sums alone."""
    return lambda sums: resampling.values(lambda s: measure.value(s, evidence.columns), sums)


def by_level(measure: Measure, evidence: Evidence) -> list[Floats]:
    """For each level that gets a figure of its own, which sums belong to it."""
    levels, columns = evidence.columns.human, evidence.columns
    if not measure.by_level or evidence.human is None or len(levels) > MOST_LEVELS:
        return []
    return [np.repeat(levels == level, len(columns.judge)).astype(float) for level in levels]


def replicates(
    jobs: Sequence[Job],
    inside: Sequence[Sequence[Inside]],
    layers: Sequence[Stratum],
    bootstrap: BootstrapConfig,
) -> list[list[Drawn]]:
    """Every measure's replicates, block by block, so that wide tables fit into memory.

    Measures whose images lie in few of a source are drawn apart from the others.
    """
    sums = [
        [resampling.cluster_sums(layer, job.evidence.features) for layer in layers] for job in jobs
    ]
    found: list[list[list[list[Floats]]]] = [[[] for _ in job.measures] for job in jobs]
    widest = max((job.evidence.features.shape[1] for job in jobs), default=1)
    groups = [[resampling.together(own.images) for own in of_job] for of_job in inside]
    for group, images in _distinct(groups, inside):
        for weights in resampling.blocks(layers, widest, bootstrap, images):
            for job, by_layer, own, blocks in zip(jobs, sums, groups, found, strict=True):
                wanted = [at for at, its in enumerate(own) if its == group]
                if wanted:
                    _draw(job, by_layer, weights, [(job.measures[i], blocks[i]) for i in wanted])
    return [[_drawn(values, len(layers)) for values in blocks] for blocks in found]


Groups = list[list[int]]


def _distinct(
    groups: Sequence[Sequence[Groups]], inside: Sequence[Sequence[Inside]]
) -> list[tuple[Groups, tuple[int, ...]]]:
    """The ways of drawing strata together, each with images that lead to it."""
    found: list[tuple[Groups, tuple[int, ...]]] = []
    for of_job, its in zip(groups, inside, strict=True):
        for group, own in zip(of_job, its, strict=True):
            if all(group != known for known, _ in found):
                found.append((group, own.images))
    return found


def _draw(
    job: Job,
    by_layer: Sequence[csr_array],
    weights: Sequence[Floats],
    measures: Sequence[tuple[Measure, list[list[Floats]]]],
) -> None:
    """Appends a block of replicates to each measure's."""
    drawn = [own @ by_image for own, by_image in zip(weights, by_layer, strict=True)]
    total = np.sum(drawn, axis=0)
    for measure, values in measures:
        value = valued(measure, job.evidence)
        levels = (total * keep for keep in by_level(measure, job.evidence))
        values.append([value(each) for each in (*drawn, total, *levels)])


def _drawn(blocks: Sequence[Sequence[Floats]], layers: int) -> Drawn:
    parts = [np.concatenate(part) for part in zip(*blocks, strict=True)]
    return Drawn(parts[:layers], parts[layers], parts[layers + 1 :])
