"""What a configuration says of anchors and of drift."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data.records import Record

Statistic = Literal["anchor_agreement", "anchor_leniency"]


class AnchorsConfig(Record):
    """Frozen labelled samples that every judge is asked afresh each night.

    `path` is the folder that `judgeflow anchors init` makes, of `size` samples with a share of
    `canaries` on top. `statistic` is the one figure of a judge and night that is charted.
    """

    path: str
    size: Annotated[int, Field(ge=1, le=5000)] = 250
    canaries: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    statistic: Statistic = "anchor_agreement"


class DriftConfig(Record):
    """What is promised of the charts, and what a signal does.

    With probability `false_alarms` at most, one of `charts` (by default as many as there are judges
    with anchors) signals within `nights` nights though no judge has changed. A judge's baseline is
    its first `baseline_runs` nights. A night on which less than `min_answered` of the anchors have
    a readable verdict gives no point; after `blind_nights` of them in a row the judge has failed.
    """

    false_alarms: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    nights: Annotated[int, Field(ge=1, le=1000)] = 180
    baseline_runs: Annotated[int, Field(ge=5, le=365)] = 20
    charts: Annotated[int, Field(ge=1, le=200)] | None = None
    min_answered: Annotated[float, Field(gt=0, le=1)] = 0.8
    blind_nights: Annotated[int, Field(ge=1)] = 3
    on_signal: Literal["fail", "warn"] = "fail"
