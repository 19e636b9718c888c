"""Arms of a probe beside the base rows of the same samples."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.rankings import tied_groups
from data.records import LETTERS, TIE, AnswerMode, Mode, Sample, Scale
from tasks.measures import contrast
from tasks.measures.batch import features as ranking_features
from tasks.measures.contrast import Reading
from tasks.measures.kinds import Measure
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.probes.kinds import Found
from tasks.probes.rows import Cell, Counted, Counting, counted

Row = Mapping[str, Any]
Target = Callable[[Row], int | None]


@dataclass(frozen=True)
class Arm:
    """Variants that are compared with others, the base rows by default.

    `treated` and `control` say of a variant's name that it belongs there. `target` is the own
    index of the response whose standing the change should move; a score has one anyway.
    `only` are the measures that are wanted, where not all are.
    """

    name: str
    treated: Callable[[str], bool]
    control: Callable[[str], bool] = lambda variant: variant == "base"
    target: Target | None = None
    only: tuple[Measure, ...] = ()


def standing(mode: AnswerMode) -> str:
    """The measure that stands for an arm without a target: signed where verdicts have an order."""
    return "effect" if mode == "score" else "excess_change"


def named(*names: str) -> Callable[[str], bool]:
    """Whether a variant has one of these names."""
    return frozenset(names).__contains__


def begins(prefix: str) -> Callable[[str], bool]:
    """Whether a variant's name begins so."""
    return lambda variant: variant.startswith(prefix)


def contrasted(
    probe: str, mode: Mode, found: Found, arms: Sequence[Arm], besides: Sequence[Counting] = ()
) -> pl.DataFrame:
    """Every arm's effect, excess change, shift of the loss and of unreadable answers.

    `besides` is what else the probe measures of the same rows.
    """
    countings = [
        Counting(counting(mode, found.scale, arm), _measures(mode, arm), arm.name) for arm in arms
    ]
    return counted(probe, mode, found, [*countings, *besides])


def reading(mode: Mode, scale: Scale, row: Row, target: int | None) -> Reading:
    """What a verdict of this sample is worth; `target` is an own index."""
    return _worth((mode, scale, tuple(label_verdicts(row)), target, len(row["responses"])))


def loser(row: Row) -> int | None:
    """The own index of the response that the labels put last; `None` where none is."""
    return _end(row, last=True)


def winner(row: Row) -> int | None:
    """The own index of the response that the labels put first; `None` where none is."""
    return _end(row, last=False)


def targets(sample: Sample) -> list[tuple[str, int]]:
    """Where something is planted: what the side is called, and the response's own index."""
    row = sample.model_dump(include={"mode", "labels"})
    ends = [(side, end(row) if end else 0) for side, end in sides(sample.mode).items()]
    return [(side, target) for side, target in ends if target is not None]


def sides(mode: Mode) -> dict[str, Target | None]:
    """The sides on which something is planted: a score's own, else the worse and the better."""
    return {"own": None} if mode == "score" else {"worse": loser, "better": winner}


def _end(row: Row, last: bool) -> int | None:
    return _end_of(row["mode"], tuple(label_verdicts(row)), last)


@functools.lru_cache(maxsize=4096)
def _end_of(mode: Mode, labels: tuple[str, ...], last: bool) -> int | None:
    if not labels or mode == "score":
        return None
    if mode == "pair":
        choice = combined_choice(labels)
        return None if choice == TIE else LETTERS.index(choice) ^ last
    group = tied_groups(labels[0])[-1 if last else 0]
    return LETTERS.index(group) if len(group) == 1 else None


def _measures(mode: Mode, arm: Arm) -> tuple[Measure, ...]:
    if arm.only:
        return arm.only
    aimed = mode == "score" or arm.target is not None
    first = (contrast.EFFECT, contrast.RAISED) if aimed else ()
    won = (contrast.CAPTURED,) if aimed and mode == "pair" else ()
    return (*first, *won, contrast.EXCESS, contrast.LOSS, contrast.UNREADABLE)


def counting(mode: Mode, scale: Scale, arm: Arm) -> Callable[[Row, Sequence[Cell]], Counted]:
    """What a sample adds to the columns of `tasks/measures/contrast.py`."""

    def count(row: Row, cells: Sequence[Cell]) -> Counted:
        sides = [[c for c in cells if belongs(c.variant)] for belongs in (arm.control, arm.treated)]
        if not all(sides):
            return Counted(None, asked=False)
        base, treated = (tuple(c.verdict for c in side if not c.open) for side in sides)
        if not base or not treated:  # not answered yet is no refusal
            return Counted(None, answered=False)
        target = arm.target(row) if arm.target else None
        standing = mode, scale, tuple(label_verdicts(row)), target, len(row["responses"])
        return _count(standing, base, treated)

    return count


Standing = tuple[Mode, Scale, tuple[str, ...], int | None, int]


@functools.lru_cache(maxsize=65536)  # samples with equal labels and verdicts count alike
def _count(standing: Standing, base: contrast.Draws, treated: contrast.Draws) -> Counted:
    worth = _worth(standing)
    features = contrast.features(base, treated, worth)
    limits = None
    if None in base or None in treated:
        limits = contrast.limits(base, treated, worth)
    return Counted(features, limits, answered=bool(features[0]))


@functools.lru_cache(maxsize=4096)
def _worth(standing: Standing) -> Reading:
    mode, scale, labels, target, size = standing
    if mode == "score":
        return _score_reading(scale, labels)
    if mode == "pair":
        return _pair_reading(labels, target)
    return _batch_reading(labels, target, size)


def _score_reading(scale: Scale, labels: Sequence[str]) -> Reading:
    span = float(scale.high - scale.low)
    if not labels:
        return Reading(float, scale.low, scale.high)
    label = combined_score(labels)
    return Reading(float, scale.low, scale.high, lambda verdict: abs(float(verdict) - label), span)


def _pair_reading(labels: Sequence[str], target: int | None) -> Reading:
    label = combined_choice(labels) if labels else None
    wanted = None if target is None else LETTERS[target]

    def value(verdict: str) -> float:
        return 0.5 if verdict == TIE else float(verdict == wanted)

    attacked = wanted is not None and label is not None and label != wanted
    return Reading(
        value=value if wanted is not None else None,
        loss=(lambda verdict: float(verdict != label)) if label is not None else None,
        right=(lambda verdict: verdict == label) if attacked else None,
        taken=(lambda verdict: verdict == wanted) if attacked else None,
    )


def _batch_reading(labels: Sequence[str], target: int | None, size: int) -> Reading:
    def value(verdict: str) -> float:
        assert target is not None
        return 1 - verdict.index(LETTERS[target]) / (size - 1)

    def loss(verdict: str) -> float:
        return sum((1 - ranking_features(label, verdict)[2]) / 2 for label in labels) / len(labels)

    return Reading(value=value if target is not None else None, loss=loss if labels else None)
