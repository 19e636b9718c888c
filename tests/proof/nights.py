"""Pairs of nights of simulated judges, with and without a change between them.

An item is as hard in both nights; what differs is drawn anew. The simulators keep to no model that
the gate assumes: images share errors, noise depends on the item, refusals on the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, GateConfig
from tasks.gate.paired import decided, side_by_side

SEED = 20261125
STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
LETTERS = "ABCD"


@dataclass(frozen=True)
class Items:
    """Samples of a mode on images of one to four samples each, and how hard each is."""

    mode: str
    frame: pl.DataFrame
    labels: list[str]
    hard: np.ndarray


def items(mode: str, images: int, rng: np.random.Generator) -> Items:
    """New items; two thirds of the images are of one source."""
    image = np.repeat(np.arange(images), rng.integers(1, 5, images))
    size = len(image)
    if mode == "score":
        labels = [str(each) for each in rng.choice(5, size, p=[0.1, 0.2, 0.3, 0.25, 0.15]) + 1]
    elif mode == "pair":
        labels = list(rng.choice(list("ABC"), size, p=[0.45, 0.4, 0.15]))
    else:
        labels = ["".join(rng.permutation(list(LETTERS))) for _ in range(size)]
    hard = rng.normal(0, 0.5, images)[image] + rng.normal(0, 0.7, size)
    many = {"score": 1, "pair": 2, "batch": 4}[mode]
    rows = [
        {
            "sample_id": f"d/{mode}/{at}", "item_id": f"i{at}", "cluster_id": f"c{image[at]}",
            "mode": mode, "source": "one" if image[at] % 3 else "two", "instruction": "",
            "responses": [{"author": "m", "text": "w"}] * many,
            "labels": [{"annotator": "h", "verdict": label, "origin": "human"}],
        }
        for at, label in enumerate(labels)
    ]  # fmt: skip
    return Items(mode, table(rows, SAMPLES), labels, hard)


def night(of: Items, worse: float, rng: np.random.Generator) -> pl.DataFrame:
    """A night's verdicts; `worse` 0 is no change, and more makes more mistakes."""
    said = {"score": _scores, "pair": _choices, "batch": _rankings}[of.mode](of, worse, rng)
    rare = np.array([label in ("1", "C") for label in of.labels])
    refused = rng.random(len(said)) < 0.02 + 0.1 * rare
    rows: list[dict[str, Any]] = [
        {
            "sample_id": f"d/{of.mode}/{at}", "mode": of.mode, "judge": "j",
            "setting": "analyze", "variant": "base", "repeat": 0, "epoch": "base",
            "status": "refused" if refused[at] else STATUS[of.mode],
            "verdict": None if refused[at] else verdict,
        }
        for at, verdict in enumerate(said)
    ]  # fmt: skip
    return table(rows, VERDICTS)


def _scores(of: Items, worse: float, rng: np.random.Generator) -> list[str]:
    """Errors shared by the nights, and noise that grows with the distance from the middle."""
    label = np.array(of.labels, dtype=float)
    noise = (0.4 + 0.25 * np.abs(label - 3)) * np.sqrt(1 + worse)
    said = label + of.hard + rng.normal(0, 1, len(label)) * noise
    return [str(int(each)) for each in np.clip(np.round(said), 1, 5)]


def _choices(of: Items, worse: float, rng: np.random.Generator) -> list[str]:
    """Right with a probability that is a logit of how hard the pair is."""
    right = (1 - worse) / (1 + np.exp(-1.2 + 1.5 * of.hard))
    other = rng.choice(list("ABC"), len(of.labels))
    hits = rng.random(len(other)) < right
    return [y if hit else str(o) for y, hit, o in zip(of.labels, hits, other, strict=True)]


def _rankings(of: Items, worse: float, rng: np.random.Generator) -> list[str]:
    """The label with neighbours exchanged, more often where it is hard."""
    swaps = rng.poisson(np.exp(0.2 + 0.5 * of.hard) * (1 + worse))
    said = []
    for label, count in zip(of.labels, swaps, strict=True):
        order = list(label)
        for at in rng.integers(3, size=count):
            order[at], order[at + 1] = order[at + 1], order[at]
        said.append("".join(order))
    return said


def gate_of(
    modes: tuple[str, ...], images: int, worse: float, gate: GateConfig, run: int
) -> list[dict[str, Any]]:
    """The deciding rows of one pair of nights."""
    rng = np.random.default_rng([SEED, images, run])
    made = [items(mode, images, rng) for mode in modes]
    before, now = (
        pl.concat([night(each, change, rng) for each in made]) for change in (0.0, worse)
    )
    few = BootstrapConfig(replicates=100, seed=run)
    frame = pl.concat([each.frame for each in made])
    return decided(side_by_side(frame, before, now), ["analyze"], gate, few)[0]


def loss(mode: str, worse: float, images: int = 10_000) -> float:
    """How much of the primary measure a change costs, in a very large sample."""
    from tasks.measures import AGREEMENT
    from tasks.measures.evidence import EVIDENCE, by_sample
    from tasks.measures.subjects import labelled

    rng = np.random.default_rng(SEED)
    made = items(mode, images, rng)
    measure = next(each for each in AGREEMENT[mode] if each.primary)  # type: ignore[index]
    rows = labelled(made.frame, mode)  # type: ignore[arg-type]
    values = []
    for change in (0.0, worse):
        evidence = EVIDENCE[mode](rows, by_sample(night(made, change, rng)))
        values.append(float(measure.value(evidence.total(), evidence.columns)))
    return values[0] - values[1]
