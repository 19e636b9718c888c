"""One figure of a judge and night over its anchors, in shares of what a verdict can be worth.

An anchor is worth 1 where the verdict is the label. A score loses its distance from the label as a
share of the scale, a pair is right or wrong, a ranking is worth the share of response pairs in the
label's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.records import MODES, Mode, Scale
from tasks.config import BootstrapConfig
from tasks.measures import batch, resampling
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, combined_score, label_verdicts

TAU = batch.COLUMNS.index("tau")
EACH = ("asked", "n", "worth")  # of every mode in turn, and then the signed error of scores
WIDTH = len(MODES) * len(EACH) + 1
PLAIN = Columns(np.array([]), np.array([]))


class Figure(NamedTuple):
    """A judge's figure of a night: its interval over images and what it rests on."""

    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_missing: int
    clusters: int


def anchor_agreement(sums: Floats, columns: Columns) -> Floats:
    """Mean over anchors of what a verdict is worth, modes weighted by the anchors asked in them.

    A score is worth 1 - |judge - label| / (high - low), a pair 1 or 0, a ranking the share of
    response pairs in the label's order. Verdicts that are missing in one mode do not tilt the mean
    towards the others; a mode without any leaves it undefined.
    """
    asked, n, worth = (sums[..., at : WIDTH - 1 : len(EACH)] for at in range(len(EACH)))
    means = ratio(worth, n)
    weighted = np.where(asked > 0, asked * means, 0.0)
    return ratio(weighted.sum(-1), asked.sum(-1))


def anchor_leniency(sums: Floats, columns: Columns) -> Floats:
    """Mean over scored anchors of the judge's score minus the label, in shares of the scale."""
    return ratio(sums[..., -1], sums[..., MODES.index("score") * len(EACH) + 1])


MEASURES = (
    Measure("anchor_agreement", None, "higher", anchor_agreement, primary=True),
    Measure("anchor_leniency", "score", "neither", anchor_leniency),
)


def worth(mode: Mode, labels: Sequence[str], verdict: str, scale: Scale) -> float:
    """What a verdict is worth beside an anchor's labels, 0 to 1."""
    if mode == "score":
        return 1 - abs(signed(labels, verdict, scale))
    if mode == "pair":
        return float(verdict == combined_choice(labels))
    taus = [batch.features(label, verdict)[TAU] for label in labels]
    return (1 + sum(taus) / len(taus)) / 2


def signed(labels: Sequence[str], verdict: str, scale: Scale) -> float:
    """Score minus label, in shares of the scale."""
    return (float(verdict) - combined_score(labels)) / (scale.high - scale.low)


def figures(
    samples: Sequence[Mapping[str, Any]],
    verdicts: Mapping[str, str | None],
    scale: Scale,
    bootstrap: BootstrapConfig,
) -> list[Figure]:
    """A judge's figures of a night.

    Args:
        samples: rows of the anchors that the judge was asked, with their labels.
        verdicts: its verdict in own order by sample; `None` where none was readable.
        scale: of the scores.
        bootstrap: for the intervals over images.
    """
    rows = [_features(sample, verdicts[sample["sample_id"]], scale) for sample in samples]
    features = np.array(rows).reshape(-1, WIDTH)
    layers = resampling.strata(samples)
    sums = [resampling.cluster_sums(layer, features) for layer in layers]
    blocks = resampling.blocks(layers, WIDTH, bootstrap)
    drawn = np.concatenate(
        [np.sum([w @ s for w, s in zip(each, sums, strict=True)], axis=0) for each in blocks]
    )
    return [_figure(measure, features, drawn, layers, bootstrap.level) for measure in MEASURES]


def _features(sample: Mapping[str, Any], verdict: str | None, scale: Scale) -> list[float]:
    row = [0.0] * WIDTH
    mode: Mode = sample["mode"]
    start = MODES.index(mode) * len(EACH)
    row[start] = 1.0
    if verdict is not None:
        labels = label_verdicts(sample)
        row[start + 1 : start + 3] = 1.0, worth(mode, labels, verdict, scale)
        row[-1] = signed(labels, verdict, scale) if mode == "score" else 0.0
    return row


def _figure(
    measure: Measure,
    features: Floats,
    drawn: Floats,
    layers: Sequence[resampling.Stratum],
    level: float,
) -> Figure:
    mine = [MODES.index(measure.mode)] if measure.mode else range(len(MODES))
    asked, n = (int(sum(features[:, m * len(EACH) + at].sum() for m in mine)) for at in (0, 1))
    value = resampling.values(lambda sums: measure.value(sums, PLAIN), features.sum(0))
    draws = resampling.values(lambda sums: measure.value(sums, PLAIN), drawn)
    found = resampling.interval(float(value), draws, level)
    clusters = sum(layer.clusters for layer in layers)
    return Figure(measure.name, found.value, found.low, found.high, n, asked - n, clusters)
