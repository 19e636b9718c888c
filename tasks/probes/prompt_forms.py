"""Probes that change the form of the prompt and nothing of the material."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import Sample, Scale
from tasks.measures import scale_use
from tasks.probes.contrasts import Arm
from tasks.probes.kinds import Found, Variant
from tasks.probes.rows import Cell, Counted, Counting, counted
from tasks.prompts.changes import PromptChange

Listed = Callable[[str], float | None]  # the score that a variant's rubric lists first


def formed(
    sample: Sample, name: str, change: PromptChange, draws: Sequence[int], strength: float = 1.0
) -> Variant:
    """The sample in its own order under another form of the prompt.

    Simulated judges see a cue by the arm's name; of several responses the first bears it.
    """
    size = len(sample.responses)
    return Variant.model_construct(
        variant=name,
        sample=sample,
        presented=tuple(range(size)),
        repeats=tuple(draws),
        prompt=change,
        cues={name.partition("/")[0]: (strength, *[0.0] * (size - 1))},
    )


def on_the_scale(probe: str, found: Found, arms: Sequence[Arm], listed: Listed) -> pl.DataFrame:
    """How far scores move in each arm, and whether to the score that is listed first."""
    counts = [_counting(arm, listed, found.scale) for arm in arms]
    countings = [
        Counting(count, scale_use.MEASURES, arm.name)
        for count, arm in zip(counts, arms, strict=True)
    ]
    return counted(probe, "score", found, countings)


def _counting(
    arm: Arm, listed: Listed, scale: Scale
) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        plain = [cell for cell in cells if arm.control(cell.variant)]
        treated = [cell for cell in cells if arm.treated(cell.variant)]
        if not plain or not treated:
            return Counted(None, asked=False)
        base, given = ([c.verdict for c in side if not c.open] for side in (plain, treated))
        if not base or not given:  # not answered yet is no refusal
            return Counted(None, answered=False)
        first = listed(treated[0].variant)
        gaps = None in base or None in given
        limits = scale_use.limits(base, given, first, scale) if gaps else None
        readable = any(v is not None for v in base) and any(v is not None for v in given)
        return Counted(scale_use.features(base, given, first), limits, answered=readable)

    return count
