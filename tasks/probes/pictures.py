"""Arms in which the picture is another one: what is estimated besides their contrasts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from data.records import Mode, Scale
from tasks.measures import imagery, imagery_limits, slopes
from tasks.measures.kinds import Measure
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.probes.contrasts import Arm, Row, reading
from tasks.probes.kinds import Found
from tasks.probes.rows import Cell, Counted, Counting, counted

Count = Callable[[Row, Sequence[Cell]], Counted]


def pictured(
    probe: str, mode: Mode, found: Found, arms: Sequence[Arm], measures: Sequence[Measure]
) -> pl.DataFrame:
    """Measures of `tasks.measures.imagery` of every arm; those of other modes are left out."""
    chosen = [measure for measure in measures if measure.mode in {None, mode}]
    countings = [Counting(_counting(mode, found.scale, arm), chosen, arm.name) for arm in arms]
    return counted(probe, mode, found, countings if chosen else [])


def series(
    probe: str, mode: Mode, found: Found, ladders: Mapping[str, Sequence[Arm]]
) -> pl.DataFrame:
    """Slopes over arms that are doses of one change, mildest first, by the change's name."""
    countings = []
    for name, arms in ladders.items():
        aimed = mode == "score" or arms[0].target is not None
        measures = (slopes.CHANGE_SLOPE, *((slopes.EFFECT_SLOPE,) if aimed else ()))
        countings.append(Counting(_stepping(mode, found.scale, arms), measures, name))
    return counted(probe, mode, found, countings)


def _counting(mode: Mode, scale: Scale, arm: Arm) -> Count:
    def count(row: Row, cells: Sequence[Cell]) -> Counted:
        sides = [[c for c in cells if belongs(c.variant)] for belongs in (arm.control, arm.treated)]
        if not all(sides):
            return Counted(None, asked=False)
        base, treated = (tuple(c.verdict for c in side if not c.open) for side in sides)
        if not base or not treated:  # not answered yet is no refusal
            return Counted(None, answered=False)
        return _count(mode, scale, tuple(label_verdicts(row)), base, treated)

    return count


@functools.lru_cache(maxsize=65536)  # samples with equal labels and verdicts count alike
def _count(
    mode: Mode, scale: Scale, labels: tuple[str, ...], base: imagery.Draws, treated: imagery.Draws
) -> Counted:
    gaps, limits = None in base or None in treated, None
    if mode == "score":
        label = combined_score(labels) if labels else None
        features = imagery.score_features(base, treated, scale, label)
        if gaps:
            limits = imagery_limits.score_limits(base, treated, scale, label)
    else:
        choice = combined_choice(labels) if labels else None
        features = imagery.agreement_features(base, treated, choice)
        if gaps:
            limits = imagery_limits.agreement_limits(base, treated, choice)
    return Counted(features, limits, answered=features is not None)


def _stepping(mode: Mode, scale: Scale, arms: Sequence[Arm]) -> Count:
    target = arms[0].target
    apart = _points if mode == "score" else _differ

    def furthest(verdict: str | None) -> float:
        if mode != "score":
            return 1.0
        known = scale.low if verdict is None else float(verdict)
        return max(known - scale.low, scale.high - known)

    def count(row: Row, cells: Sequence[Cell]) -> Counted:
        sides = [[c for c in cells if belongs(c.variant)]
                 for belongs in (arms[0].control, *(arm.treated for arm in arms))]  # fmt: skip
        if not all(sides):
            return Counted(None, asked=False)
        base, *doses = (tuple(c.verdict for c in side if not c.open) for side in sides)
        if not base or not all(doses):  # not answered yet is no refusal
            return Counted(None, answered=False)
        worth = reading(mode, scale, row, target(row) if target else None)
        features = slopes.series_features(base, doses, apart, worth.value)
        limits = None
        if any(None in draws for draws in (base, *doses)):
            ends = worth.low, worth.high
            limits = slopes.series_limits(base, doses, apart, furthest, worth.value, ends)
        return Counted(features, limits, answered=features is not None)

    return count


def _points(one: str, other: str) -> float:
    return abs(float(one) - float(other))


def _differ(one: str, other: str) -> float:
    return float(one != other)
