"""The registry of measures: one function, one name, one definition each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.records import MODES, Mode, Scale
from tasks.measures import (
    anchored,
    anchoring,
    batch,
    beyond,
    consistency,
    contrast,
    detection,
    imagery,
    noisiness,
    order,
    own_words,
    pair,
    perception,
    rationale,
    reliability,
    remedied,
    said_blank,
    scale_use,
    score,
    side_by_side,
    slopes,
    slots,
    spread,
    thresholds,
    ties,
    transitivity,
    triangle,
    wording,
)
from tasks.measures.annotations import MEASURES as ANNOTATIONS
from tasks.measures.ceiling import ceilings
from tasks.measures.confidence import MEASURES as CONFIDENCE
from tasks.measures.confidence import confidences
from tasks.measures.corrected import corrected_means
from tasks.measures.differences import differences
from tasks.measures.estimates import Family, agreement
from tasks.measures.evidence import EVIDENCE
from tasks.measures.kinds import Better, Measure
from tasks.measures.leaderboard import leaderboards
from tasks.measures.profiles import headlines
from tasks.measures.replacement import MEASURES as REPLACEMENT
from tasks.measures.replacement import replacements
from tasks.measures.votes import MEASURES as PANELS
from tasks.measures.votes import votes

if TYPE_CHECKING:
    import polars as pl

    from tasks.config import BootstrapConfig

AGREEMENT: dict[Mode, tuple[Measure, ...]] = {
    "score": score.MEASURES,
    "pair": pair.MEASURES,
    "batch": batch.MEASURES,
}
FAMILIES: dict[Mode, tuple[Family, ...]] = {
    "score": (
        Family(EVIDENCE["score"], score.MEASURES),
        Family(beyond.score_evidence, beyond.SCORE),
        Family(ties.evidence, ties.MEASURES),
    ),
    "pair": (
        Family(EVIDENCE["pair"], pair.MEASURES),
        Family(beyond.pair_evidence, beyond.PAIR),
        Family(transitivity.evidence, transitivity.MEASURES),
    ),
    "batch": (
        Family(EVIDENCE["batch"], batch.MEASURES),
        Family(beyond.batch_evidence, beyond.BATCH),
    ),
}
SECTIONS: dict[str, tuple[Measure, ...]] = {
    "Scoring": score.MEASURES,
    "Pair comparison": pair.MEASURES,
    "Batch ranking": batch.MEASURES,
    "Order of an item's responses (scoring)": ties.MEASURES,
    "Transitivity (pair comparison)": transitivity.MEASURES,
    "Beyond source and responder": beyond.MEASURES,
    "Panels": PANELS,
    "Replacing an annotator": REPLACEMENT,
    "Confidence": CONFIDENCE,
    "Annotations of judge outputs": ANNOTATIONS,
    "Anchors of a night (drift)": anchored.MEASURES,
    "Consistency (probe `repeats`)": (
        *consistency.MEASURES,
        *reliability.MEASURES,
        *reliability.ALPHA,
    ),
    "Order (probe `order`)": (*order.MEASURES, *slots.MEASURES),
    "One thing changed (probes)": contrast.MEASURES,
    "Form of the scoring prompt (probes `rubric`, `score-labels`, `reference-score`)": (
        *scale_use.MEASURES,
        *anchoring.MEASURES,
    ),
    "Differences between wordings and groups (probes)": spread.MEASURES,
    "The picture changed (probes of the image side)": (
        *imagery.MEASURES,
        *slopes.MEASURES,
        *said_blank.MEASURES,
    ),
    "Detection thresholds (probe `thresholds`)": thresholds.MEASURES,
    "Evidence of a judgement (probe `rationale`)": rationale.EVERY,
    "Perception (probe `perception`)": perception.MEASURES,
    "Planted defects (probe `defects`)": detection.MEASURES,
    "Two ways of judging side by side (probes)": side_by_side.MEASURES,
    "Wordings (probe `paraphrase`)": wording.MEASURES,
    "Verdict and own words (probe `self-verdict`)": own_words.MEASURES,
    "Scores, pairs and rankings (probe `triangle`)": triangle.MEASURES,
    "Order under a remedy (probe `remedies`)": remedied.MEASURES,
    "Noisiness (probe `temperature`)": noisiness.MEASURES,
}
EVERY: tuple[Measure, ...] = tuple(m for section in SECTIONS.values() for m in section)


def estimate(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Agreement with the labels of every judge and baseline in the verdict table.

    Args:
        samples: columns of `data.schemas.SAMPLES`; those without labels are left out.
        verdicts: columns of `data.schemas.VERDICTS`; rows of probes are left out.
        bootstrap: replicates, level and seed.
    """
    import polars as pl

    found = agreement(samples, verdicts, FAMILIES, bootstrap)
    return pl.concat([found, votes(samples, verdicts, bootstrap)])


def paired_differences(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Every two judges on the samples both answered, and each judge beside the best baseline."""
    chosen = {mode: Family(EVIDENCE[mode], AGREEMENT[mode]) for mode in MODES}
    return differences(samples, verdicts, chosen, bootstrap)


def ceiling(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """What humans reach against each other, and judges against the same humans.

    Empty where no sample has two human annotators.
    """
    return ceilings(samples, verdicts, AGREEMENT, bootstrap)


PARTS = (estimate, ceiling, replacements, leaderboards, confidences, corrected_means)


def by_profile(
    samples: pl.DataFrame, verdicts: pl.DataFrame, scale: Scale, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Each subject's headline under every treatment of unreadable verdicts (`profiles`)."""
    chosen = {mode: m for mode in MODES for m in AGREEMENT[mode] if m.primary}
    return headlines(samples, verdicts, chosen, scale, bootstrap)


def primary() -> dict[str, str]:
    """The one measure of each mode that carries headlines; the rest is exploratory."""
    return {mode: m.name for mode in MODES for m in AGREEMENT[mode] if m.primary}


def better() -> dict[str, Better]:
    """Which direction is good, by measure."""
    return {measure.name: measure.better for measure in EVERY}


def definitions() -> dict[str, str]:
    """What each measure is, in a sentence."""
    return {measure.name: measure.definition for measure in EVERY}
