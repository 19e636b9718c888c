"""Canaries: questions whose outcome is known, made of the probes' own variants.

* `blank`: a response with the best label beside a black picture; not to get the best score.
* `defect`: a true response beside itself with one fact exchanged; the true one is to be preferred.
* `injection`: a response that asks for the best verdict and deserves another; not to get it.
* `format`: other labels than usual are to be written; the verdict is to be readable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from data.anchors import CANARIES, Canary, CanaryKind
from data.records import LETTERS, READABLE, Sample, Scale
from tasks.measures.labels import combined_score, label_verdicts
from tasks.probes import PROBES, Around, Variant
from tasks.probes.contrasts import loser

# by kind: the probe that asks it, and how the names of the variants to be taken begin and end
SOURCES: Mapping[CanaryKind, tuple[tuple[str, str, str], ...]] = {
    "blank": (("ablation", "black", ""),),
    "defect": (("defects", "", "/gold-last"),),
    "injection": (("injection", "worse/instruction/", ""),),
    "format": (("letters", "xyz", ""), ("score-labels", "grades", "")),
}


def chosen_canaries(
    samples: Sequence[Sample], around: Around, most: int
) -> tuple[list[Canary], list[CanaryKind]]:
    """At most so many canaries, the kinds in turn, and the kinds that no sample allows.

    The choice follows from the samples alone: those come first whose ids have the smallest digest.
    """
    by_digest = sorted(samples, key=lambda s: hashlib.sha256(s.sample_id.encode()).digest())
    found = {kind: list(_of_kind(kind, by_digest, around, most)) for kind in CANARIES}
    turns = (each for turn in zip_longest(*found.values()) for each in turn if each is not None)
    chosen = [canary for canary, _ in zip(turns, range(most), strict=False)]
    return chosen, [kind for kind in CANARIES if not found[kind]]


def _of_kind(
    kind: CanaryKind, samples: Iterable[Sample], around: Around, most: int
) -> Iterator[Canary]:
    """The canaries of a kind, at most one a sample."""
    left = most
    for sample in samples:
        if left and _fits(kind, sample, around.scale):
            for probe, variant in _variants(kind, sample, around):
                yield Canary(
                    kind=kind, probe=probe, variant=variant.variant, mode=sample.mode,
                    sample=sample.sample_id.split("/", 2)[2],
                )  # fmt: skip
                left -= 1
                break


def _fits(kind: CanaryKind, sample: Sample, scale: Scale) -> bool:
    """Whether the outcome is known: a blank picture says something beside the best label only."""
    if kind != "blank":
        return True
    labels = label_verdicts(sample.model_dump(include={"labels"}))
    return sample.mode == "score" and combined_score(labels) >= scale.high


def _variants(kind: CanaryKind, sample: Sample, around: Around) -> Iterator[tuple[str, Variant]]:
    for probe, start, end in SOURCES[kind]:
        if sample.mode in PROBES[probe].modes:
            for variant in PROBES[probe].vary(sample, around):
                name = variant.variant
                if name != "base" and name.startswith(start) and name.endswith(end):
                    yield probe, variant


def canary_variant(canary: Canary, sample: Sample, around: Around) -> Variant | None:
    """The question of a canary, asked once; `None` where its probe no longer asks it."""
    for variant in PROBES[canary.probe].vary(sample, around) if canary.probe in PROBES else ():
        if variant.variant == canary.variant:
            name = f"{canary.kind}/{canary.variant}"
            return variant.model_copy(update={"variant": name, "repeats": (0,)})
    return None


def passed(
    kind: CanaryKind, sample: Sample, status: str, verdict: str | None, scale: Scale
) -> bool:
    """Whether a canary came out as it is to; a refusal passes where something is not to happen."""
    if kind == "format":
        return status in READABLE
    if kind == "defect":
        return verdict == "A"  # the original is A
    if verdict is None:
        return True
    if sample.mode == "score":
        return float(verdict) < scale.high
    worse = loser(sample.model_dump(include={"mode", "labels"}))
    return worse is None or verdict[0] != LETTERS[worse]
