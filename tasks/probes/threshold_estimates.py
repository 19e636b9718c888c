"""Estimates of the thresholds probe: curves by dimension, shares by dose, and the twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from data.make.graded import DIMENSIONS, GRADED_VERSION
from data.records import READABLE, TIE, Estimate
from data.schemas import ESTIMATES
from data.tables import table
from tasks.measures import order, thresholds
from tasks.measures.evidence import NOTHING
from tasks.measures.kinds import Columns, Floats
from tasks.measures.psychometric import MOST_LAPSES, Curve, Fitted, fitted
from tasks.probes.kinds import Found
from tasks.probes.rows import Cell, Counted, Counting, counted

FIRST = next(measure for measure in order.MEASURES if measure.name == "first_preference")
FEWEST_DOSES = 3
UNFIT = 0.01  # p of the deviance, below which the curve is said not to fit
METHOD = "profile likelihood, widened where the answers to one picture are alike"
Shares = Callable[[str], float]


def estimates(probe: str, found: Found) -> pl.DataFrame:
    """Every judge's thresholds and what they come from."""
    curves = table((row.model_dump() for row in _curves(probe, found)), ESTIMATES)
    shares = counted(probe, "pair", found, list(_countings()))
    name, dose = (pl.col("arm").str.split("/").list.get(at, null_on_oob=True) for at in (0, 1))
    by_dose = pl.concat_str(pl.lit("dose:"), dose)
    told = shares.filter(pl.col("group") == "pooled").with_columns(
        name.alias("arm"),
        pl.when(pl.col("metric") == thresholds.AT_DOSE.name)
        .then(by_dose)
        .otherwise(pl.col("group"))
        .alias("group"),
    )
    return pl.concat([curves, told]).with_columns(pl.lit(_rule(found)).alias("repeat_rule"))


def _countings() -> Iterator[Counting]:
    """The shares of every arm, named DIMENSION/DOSE until they are told."""
    for name, dimension in DIMENSIONS.items():
        for dose in dimension.doses:
            arm = f"{name}/{dose:g}"
            yield Counting(_share(arm, _right), (thresholds.AT_DOSE,), arm)
        yield Counting(_share(f"{name}/0", _alarm), (thresholds.FALSE_ALARM,), f"{name}/0")
        yield Counting(_share(f"{name}/blind", _right), (thresholds.BLIND,), f"{name}/blind")
        yield Counting(_first(name), (FIRST,), name)


def _rule(found: Found) -> str:
    return (
        f"both orders of every pair; pictures of generator {GRADED_VERSION}, "
        f"seed {found.config.seed}"
    )


def _right(verdict: str) -> float:
    """In own order the right statement stands first."""
    return 0.5 if verdict == TIE else float(verdict == "A")


def _alarm(verdict: str) -> float:
    return float(verdict != TIE)


def _share(arm: str, worth: Shares) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    """A share over the pairs of an arm whose verdicts in both orders are readable."""

    def of_sample(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        asked = [cell for cell in cells if cell.variant.rpartition("/")[0] == arm]
        said = [cell.verdict for cell in asked if cell.verdict is not None]
        if not asked:
            return Counted(None, asked=False)
        if len(said) < len(asked):
            return Counted((0.0, 0.0), ((0.0, 1.0), (1.0, 1.0)), answered=False)
        return Counted((sum(map(worth, said)) / len(said), 1.0))

    return of_sample


def _first(dimension: str) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    """Which place is preferred, over all pairs of a dimension that were shown with the picture."""

    def of_sample(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        verdicts = {
            cell.variant.rpartition("/")[2]: cell.verdict
            for cell in cells
            if "/blind/" not in cell.variant
        }
        if row["source"] != dimension:
            return Counted(None, asked=False)
        both = [verdicts.get("shown")], [verdicts.get("turned")]
        features = order.features(*both, None)
        gaps = [None] in both
        limits = order.limits(*both, None) if gaps else None
        return Counted(features, limits, answered=not gaps)

    return of_sample


@dataclass(frozen=True)
class _Asked:
    """The pairs of a judge in one dimension: by picture and dose, shape (C, D).

    `right` counts choices of pairs that were readable in both orders, `total` those choices, and
    `missing` the choices of the other pairs.
    """

    judge: str
    setting: str
    dimension: str
    doses: tuple[float, ...]
    right: Floats
    total: Floats
    missing: Floats


def _asked(probe: str, found: Found) -> Iterator[_Asked]:
    parts = pl.col("variant").str.split("/")
    worth = pl.when(pl.col("verdict") == TIE).then(0.5).otherwise(pl.col("verdict") == "A")
    rows = found.verdicts.filter(pl.col("probe") == probe).with_columns(
        parts.list.get(0).alias("dimension"), parts.list.get(1).alias("dose")
    )
    pairs = (
        rows.filter(~pl.col("dose").is_in(["0", "blind"]))
        .group_by("judge", "setting", "dimension", "cluster_id", "dose", maintain_order=True)
        .agg(worth.sum().alias("right"), pl.col("status").is_in(READABLE).all().alias("readable"))
    )
    for (judge, setting, dimension), group in pairs.group_by(
        ["judge", "setting", "dimension"], maintain_order=True
    ):
        doses = DIMENSIONS[str(dimension)].doses
        places = {f"{dose:g}": at for at, dose in enumerate(doses)}
        pictures = {
            key: at for at, key in enumerate(group["cluster_id"].unique(maintain_order=True))
        }
        right, total, missing = np.zeros((3, len(pictures), len(doses)))
        for cluster, dose, score, readable in group.select(
            "cluster_id", "dose", "right", "readable"
        ).iter_rows():
            at = pictures[cluster], places[dose]
            right[at] = score if readable else 0.0
            total[at], missing[at] = (2.0, 0.0) if readable else (0.0, 2.0)
        yield _Asked(str(judge), str(setting), str(dimension), doses, right, total, missing)


def _curves(probe: str, found: Found) -> Iterator[Estimate]:
    """The curve's numbers for every judge and dimension, and its height at each dose."""
    level = found.bootstrap.level
    for asked in _asked(probe, found):
        told = _teller(probe, asked, level)
        kept = np.flatnonzero(asked.total.sum(0) > 0)
        if len(kept) < FEWEST_DOSES:
            words = f"not defined: readable answers at {len(kept)} doses, {FEWEST_DOSES} are needed"
            yield told(thresholds.THRESHOLD.name, "pooled", (None, None, None), note=words)
            continue
        doses = tuple(asked.doses[at] for at in kept)
        right, total, missing = (x[:, kept] for x in (asked.right, asked.total, asked.missing))
        curve = fitted(doses, right, total, level)
        ends, said = _within(curve, doses)
        limits = _limits(doses, right.sum(0), total.sum(0), missing.sum(0))
        yield told(thresholds.THRESHOLD.name, "pooled", ends, limits, said)
        for measure, part in (
            (thresholds.RISE_OCTAVES, curve.rise), (thresholds.LAPSES, curve.lapse),
        ):  # fmt: skip
            yield told(measure.name, "pooled", (part.value, part.low, part.high))
        for dose, height in zip(doses, curve.at_doses, strict=True):
            yield told("fitted_at_dose", f"dose:{dose:g}", (float(height), None, None))


def _limits(
    doses: Sequence[float], right: Floats, total: Floats, missing: Floats
) -> tuple[float | None, float | None]:
    """The least and the largest threshold if all missing choices of a dose were right or wrong.

    Searched over every such assignment; `None` on a side where one leads beyond the doses.
    """
    given = [(0.0, 1.0) if some else (0.0,) for some in missing]
    shares = np.array(list(product(*given)))
    sums = np.hstack([right + shares * missing, np.tile(total + missing, (len(shares), 1))])
    found = thresholds.thresholds(sums, Columns(np.array(doses, dtype=np.float64), NOTHING))
    low, high = float(found.min()), float(found.max())
    return (low if low >= doses[0] else None), (high if high <= doses[-1] else None)


Ends = tuple[float | None, float | None, float | None]


def _within(curve: Curve, doses: Sequence[float]) -> tuple[Ends, str | None]:
    """Threshold and interval as far as the doses reach, and what must be said of them."""
    least, most, found = doses[0], doses[-1], curve.threshold
    value = found.value if least <= found.value <= most else None
    low = None if found.low is None or found.low < least else min(found.low, most)
    high = None if found.high is None or found.high > most else max(found.high, least)
    words = [_beyond(found, least, most, low, high)]
    if curve.fit_p is not None and curve.fit_p < UNFIT:
        words.append(f"the curve does not fit (deviance p {curve.fit_p:.2g})")
    if curve.lapse.value >= MOST_LAPSES - 1e-9:
        words.append(f"lapses at their bound of {MOST_LAPSES:g}")
    return (value, low, high), "; ".join(word for word in words if word) or None


def _beyond(
    found: Fitted, least: float, most: float, low: float | None, high: float | None
) -> str | None:
    """What lies outside the doses; nothing is extrapolated."""
    if found.value > most:
        return f"not reached: above {most:g}, the largest dose"
    if found.value < least:
        return f"below {least:g}, the smallest dose"
    open_ends = [name for name, end in (("lower", low), ("upper", high)) if end is None]
    return f"no {' or '.join(open_ends)} limit within the doses" if open_ends else None


def _teller(probe: str, asked: _Asked, level: float) -> Callable[..., Estimate]:
    """Makes the estimates of one judge in one dimension."""

    def told(
        metric: str,
        group: str,
        ends: Ends,
        limits: Sequence[float | None] = (None, None),
        note: str | None = None,
    ) -> Estimate:
        return Estimate(
            judge=asked.judge,
            mode="pair",
            setting=asked.setting,
            probe=probe,
            arm=asked.dimension,
            metric=metric,
            group=group,
            value=ends[0],
            low=ends[1],
            high=ends[2],
            level=level,
            method=METHOD,
            bound_low=limits[0],
            bound_high=limits[1],
            n=int(asked.total.sum() / 2),
            n_missing=int(asked.missing.sum() / 2),
            clusters=int((asked.total.sum(1) > 0).sum()),
            clustered=True,
            repeat_rule="",
            note=note,
        )

    return told
