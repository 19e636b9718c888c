"""Arms in which the picture is another one: what is estimated besides their contrasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from data.records import Mode
from tasks.measures import imagery
from tasks.measures.estimates import estimates_table
from tasks.measures.kinds import Measure
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.probes.contrasts import Arm, Row, reading
from tasks.probes.kinds import Found
from tasks.probes.rows import Cell, Counted, probed

Counting = Callable[[Row, Sequence[Cell]], Counted]


def pictured(
    probe: str, mode: Mode, found: Found, arms: Sequence[Arm], measures: Sequence[Measure]
) -> pl.DataFrame:
    """Measures of `tasks.measures.imagery` of every arm; those of other modes are left out."""
    chosen = [measure for measure in measures if measure.mode in {None, mode}]
    frames = [
        probed(probe, mode, found, _counting(mode, found, arm), chosen, arm=arm.name)
        for arm in arms
        if chosen
    ]
    return pl.concat(frames) if frames else estimates_table([])


def series(probe: str, mode: Mode, found: Found, name: str, arms: Sequence[Arm]) -> pl.DataFrame:
    """Slopes over arms that are doses of one change, mildest first."""
    target = arms[0].target
    measures = [imagery.CHANGE_SLOPE]
    if mode == "score" or target is not None:
        measures.append(imagery.EFFECT_SLOPE)

    def counted(row: Row, cells: Sequence[Cell]) -> Counted:
        base = _draws(cells, arms[0].control)
        doses = [_draws(cells, arm.treated) for arm in arms]
        if not base or not all(doses):
            return Counted(None, asked=False)
        value = reading(mode, found.scale, row, target(row) if target else None).value
        apart = _points if mode == "score" else _differ
        features = imagery.series_features(base, doses, apart, value)
        return Counted(features, answered=features is not None)

    return probed(probe, mode, found, counted, measures, arm=name)


def _counting(mode: Mode, found: Found, arm: Arm) -> Counting:
    def counted(row: Row, cells: Sequence[Cell]) -> Counted:
        base, treated = _draws(cells, arm.control), _draws(cells, arm.treated)
        if not base or not treated:
            return Counted(None, asked=False)
        labels = label_verdicts(row)
        if mode == "score":
            label = combined_score(labels) if labels else None
            features = imagery.score_features(base, treated, found.scale, label)
        else:
            choice = combined_choice(labels) if labels else None
            features = imagery.agreement_features(base, treated, choice)
        return Counted(features, answered=features is not None)

    return counted


def _draws(cells: Sequence[Cell], belongs: Callable[[str], bool]) -> list[str | None]:
    return [cell.verdict for cell in cells if belongs(cell.variant)]


def _points(one: str, other: str) -> float:
    return abs(float(one) - float(other))


def _differ(one: str, other: str) -> float:
    return float(one != other)
