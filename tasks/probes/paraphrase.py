"""The paraphrase probe: does the judge say the same when its instructions are worded otherwise?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.measures import wording
from tasks.measures.labels import label_verdicts
from tasks.measures.wording_limits import flip_limits, half_limits
from tasks.probes.contrasts import Arm, contrasted, named, standing
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Cell, Counted, Counting, counted
from tasks.probes.side_by_side import agreements
from tasks.probes.wordings import rotated
from tasks.prompts import WORDINGS
from tasks.prompts.changes import PromptChange

EVERY = "all wordings"
PROMPTS = ("base", *WORDINGS)


class Paraphrase:
    """Three rewordings of all that stands before the material; one only has slips of the hand."""

    name = "paraphrase"
    family: Family = "consistency"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The base question in every wording."""
        draws = tuple(range(around.config.draws))
        own = tuple(range(len(sample.responses)))
        worded = [
            Variant.model_construct(
                variant=name, sample=sample, presented=own, repeats=draws,
                prompt=PromptChange(wording=name), cues={name: (1.0,) * len(own)},
                told={"prompt": name},
            )
            for name in WORDINGS
        ]  # fmt: skip
        return (asked_again(sample, draws[1:]), *worded)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        each: list[Headline] = [(name, standing(mode)) for name in WORDINGS]
        return (*each, (EVERY, "prompt_flip"), (EVERY, "wording_range"))

    def estimate(self, found: Found) -> pl.DataFrame:
        """Each wording against the configured one, and how far the wordings lie apart."""
        arms = [Arm(name, named(name)) for name in WORDINGS]
        frames = []
        for mode in self.modes:
            frames.append(contrasted(self.name, mode, found, arms))
            frames.append(agreements(self.name, mode, found, arms))
            each = [*((name, ("base", name)) for name in WORDINGS), (EVERY, PROMPTS)]
            flips = [Counting(partial(_flips, prompts), wording.FLIP, arm) for arm, prompts in each]
            ends = float(found.scale.low), float(found.scale.high)
            apart = Counting(partial(_halves, mode, ends), (wording.RANGE,), EVERY)
            frames.append(counted(self.name, mode, found, [*flips, apart]))
        return pl.concat(frames)


def _flips(prompts: Sequence[str], row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
    """A sample counts if every wording has a readable answer."""
    asked = [_draws(cells, prompt) for prompt in prompts]
    if not all(asked):  # not answered yet is no refusal
        return Counted(None, answered=False)
    said = [_readable(draws) for draws in asked]
    found = wording.flip_features(said) if all(said) else None
    limits = None
    if any(None in draws for draws in asked):
        limits = flip_limits(asked, found)
    return Counted(found, limits, answered=found is not None)


def _halves(
    mode: Mode, ends: tuple[float, float], row: Mapping[str, Any], cells: Sequence[Cell]
) -> Counted:
    """Agreement with the label of every wording, in the half that the image belongs to."""
    labels = label_verdicts(row)
    if not labels:
        return Counted(None, asked=False)
    asked = [_draws(cells, prompt) for prompt in PROMPTS]
    if not all(asked):
        return Counted(None, answered=False)
    half = rotated((0, 1), row["cluster_id"] or row["item_id"], "half")
    features = wording.half_features(mode, labels, [_readable(draws) for draws in asked], half)
    limits = None
    if any(None in draws for draws in asked):
        limits = half_limits(mode, labels, asked, ends, half, features)
    return Counted(features, limits, answered=features is not None)


def _draws(cells: Sequence[Cell], variant: str) -> list[str | None]:
    mine = sorted((c for c in cells if c.variant == variant), key=lambda cell: cell.repeat)
    return [cell.verdict for cell in mine if not cell.open]


def _readable(draws: Sequence[str | None]) -> list[str]:
    return [verdict for verdict in draws if verdict is not None]
