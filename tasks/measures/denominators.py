"""Which samples enter a measure's value, and which would if their verdicts were readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Bools, Floats, Limits, Measure
from tasks.measures.resampling import Interval, Scope, Stratum

ROUNDING = 1e-12


@dataclass(frozen=True)
class Entering:
    """A value per sample: whether it is in the denominator, or kept out by a missing verdict.

    `eligible` are the samples that can be either, `gaps` those with an answer that has no verdict.
    Of several denominators the one with the fewest samples counts.
    """

    inside: Bools
    missing: Bools
    eligible: Bools
    gaps: Bools

    def images(self, layers: Sequence[Stratum]) -> tuple[int, ...]:
        """The number of images of each stratum with a sample inside."""
        found = []
        for layer in layers:
            own = layer.cluster[self.inside[layer.samples]]
            found.append(int((np.bincount(own, minlength=1) > 0).sum()))
        return tuple(found)

    def among(self, about: Scope, clusters: int) -> Part:
        """The same of some samples, whose images inside are `clusters`."""
        members = about.members
        return Part(
            n=int(self.inside[members].sum()),
            missing=int(self.missing[members].sum()),
            clusters=clusters,
            clustered=about.clustered,
            eligible=bool(self.eligible[members].any()),
            gaps=bool(self.gaps[members].any()),
        )


@dataclass(frozen=True)
class Part:
    """How many samples and images a value stands on, and how many samples are missing."""

    n: int
    missing: int
    clusters: int
    clustered: bool
    eligible: bool
    gaps: bool


def entering(measure: Measure, evidence: Evidence) -> Entering:
    """Which samples of the evidence enter a measure's value."""
    asked = evidence.asked.astype(bool)
    answered = evidence.answered.astype(bool)
    eligible, gaps = asked, asked & ~answered
    if measure.labelled and evidence.labelled is not None:
        eligible = eligible & evidence.labelled
    if evidence.gaps is not None:
        gaps = asked & (evidence.gaps | ~answered)
    if not measure.of:
        return Entering(answered, eligible & ~answered, eligible, gaps & eligible)
    features = _dense(evidence.features)
    inside, could = _fewest(measure, evidence, features)
    unknown = ~answered  # but for those whose limits say what they could enter
    if evidence.extremes is not None:
        unknown = unknown & ~evidence.extremes.any((1, 2))
    missing = eligible & ~inside & (could | unknown)
    return Entering(inside, missing, eligible, gaps & (inside | missing))


def _fewest(measure: Measure, evidence: Evidence, features: Floats) -> tuple[Bools, Bools]:
    """Who is in the denominator with the fewest samples, and who could be."""
    chosen = min(measure.of, key=lambda of: int(_above(of(features, evidence.columns)).sum()))
    inside = _above(chosen(features, evidence.columns))
    if evidence.extremes is None:
        return inside, inside
    ends = [features + evidence.extremes[:, case] for case in (0, 1)]
    could = [_above(chosen(end, evidence.columns)) for end in ends]
    return inside, could[0] | could[1]


def _above(values: Floats) -> Bools:
    return np.asarray(values > ROUNDING)


def _dense(features: Floats | csr_array) -> Floats:
    return features.toarray() if isinstance(features, csr_array) else features


def said(
    measure: Measure, part: Part, found: Interval, limits: Limits, replicates: int
) -> Iterator[str]:
    """What must be said of a value, its interval and its limits."""
    if found.value is None:
        yield f"not defined: {_why(measure, part)}"
        return
    if found.low is None:
        one = "one image" if part.clusters < 2 else "undefined in most replicates"
        yield f"no interval: {one}"
    elif found.undefined:
        yield f"{found.undefined} of {replicates} replicates undefined"
    if limits == (None, None) and (part.missing or part.gaps) and not measure.certain:
        yield "no limits for missing verdicts"


def _why(measure: Measure, part: Part) -> str:
    """Why a measure is not defined."""
    if part.n:
        return measure.undefined
    if part.missing:
        return "no readable verdict"
    if measure.labelled and not part.eligible:
        return "no labelled sample"
    return "no sample in the denominator"
