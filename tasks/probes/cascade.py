"""A cascade: a cheap judge decides where it is sure, a strong judge the rest.

How sure the cheap judge is: the probability of its first verdict where its answers come with that,
else the share of its repeats that say the same. How sure it must be is chosen on other images than
those it is used on: the lowest threshold at which the cascade is no further from the labels there
than the strong judge alone; where no threshold is, all goes to the strong judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from data.records import Scale
from data.schemas import VERDICTS
from data.tables import table
from tasks.measures.labels import label_verdicts
from tasks.probes.contrasts import reading
from tasks.probes.derived import (
    Row,
    by_sample,
    derived_row,
    readable,
    sureness,
    together,
    told_likely,
)

KEPT, ESCALATED = "kept", "escalated"  # how a variant of the cascade ends, after its threshold
FOLDS = 5
NEVER = 2.0  # a threshold that no confidence reaches


class Case(NamedTuple):
    """One sample: how sure the cheap judge is, both verdicts with their losses, and its fold."""

    sure: float
    cheap: str | None
    strong: str | None
    losses: tuple[float, float] | None
    fold: int
    cheap_rows: Sequence[Row]
    strong_rows: Sequence[Row]


def cascade(
    base: pl.DataFrame, samples: Sequence[Mapping[str, Any]], scale: Scale, judges: tuple[str, str]
) -> pl.DataFrame:
    """Rows of the cascade from `judges[0]` to `judges[1]`, under the names of both."""
    by_id = {sample["sample_id"]: sample for sample in samples}
    rows: list[Row] = []
    for _, group in base.group_by(["setting", "mode"], maintain_order=True):
        cheap, strong = ({r[0]["sample_id"]: r for r in _of(group, judge)} for judge in judges)
        both = [key for key in cheap if key in strong and key in by_id]
        likely = told_likely(cheap[key] for key in both)
        cases = [_case(by_id[key], cheap[key], strong[key][:1], scale, likely) for key in both]
        for fold in range(FOLDS):
            least = threshold([case for case in cases if case.fold != fold])
            for case in cases:
                if case.fold == fold:
                    rows += _decided(case, least)
    return table(rows, VERDICTS)


def threshold(cases: Sequence[Case]) -> float:
    """The least confidence with which the cascade loses no more than the strong judge alone."""
    known = sorted((case for case in cases if case.losses is not None), key=lambda case: -case.sure)
    best, lost, at = NEVER, 0.0, 0
    while at < len(known):
        sure = known[at].sure
        while at < len(known) and known[at].sure == sure:
            cheap, strong = known[at].losses or (0.0, 0.0)
            lost += cheap - strong
            at += 1
        if lost <= 1e-9:
            best = sure
    return best


def _of(group: pl.DataFrame, judge: str) -> Iterator[list[Row]]:
    return by_sample(group.filter(pl.col("judge") == judge))


def _case(
    sample: Row, cheap: Sequence[Row], strong: Sequence[Row], scale: Scale, likely: bool
) -> Case:
    asked = cheap[:1] if likely else cheap
    said, other = readable(asked), readable(strong)
    mode = sample["mode"]
    mine = together(mode, said) if said else None
    its = other[0] if other else None
    loss = reading(mode, scale, sample, None).loss if label_verdicts(sample) else None
    losses = None
    if loss is not None and mine is not None and its is not None:
        losses = loss(mine), loss(its)
    fold = _fold(sample["cluster_id"] or sample["item_id"])
    return Case(sureness(cheap, likely), mine, its, losses, fold, asked, strong)


def _decided(case: Case, least: float) -> Iterator[Row]:
    """The cascade's verdict, as a row of each of the two judges."""
    kept = case.cheap is not None and case.sure >= least
    parts = [*case.cheap_rows, *(() if kept else case.strong_rows)]
    verdict = case.cheap if kept else case.strong
    for own in (case.cheap_rows[0], case.strong_rows[0]):
        variant = f"cascade/{least:.6g}/{KEPT if kept else ESCALATED}"
        yield derived_row(own, variant, verdict, parts)


def handed_over(variant: str) -> tuple[float, float]:
    """1 where a sample went to the strong judge, and the threshold it was held against."""
    if not variant.startswith("cascade/"):
        return 0.0, 0.0
    _, least, end = variant.split("/")
    return float(end == ESCALATED), float(least)


def _fold(image: str) -> int:
    return int.from_bytes(hashlib.sha256(image.encode()).digest()[:4]) % FOLDS
