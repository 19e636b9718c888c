"""The rubric probe: does the order in which the scores are explained move the score?"""

from __future__ import annotations

from typing import Literal

import polars as pl

from data.records import AnswerMode, Mode, Sample
from tasks.probes.contrasts import Arm, begins, contrasted, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.prompt_forms import formed, on_the_scale
from tasks.probes.wordings import rotated
from tasks.prompts import FIVE
from tasks.prompts.changes import RUBRICS, PromptChange

SHUFFLES: tuple[Literal["shuffled-1", "shuffled-2", "shuffled-3"], ...] = (
    "shuffled-1",
    "shuffled-2",
    "shuffled-3",
)


class Rubric:
    """The rubric from the best score down, and in one of three shuffled orders."""

    name = "rubric"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score",)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Both orders; the shuffled one where the scale has a line per score."""
        draws = range(around.config.draws)
        asked = [formed(sample, "descending", PromptChange(rubric="descending"), draws)]
        if around.scale.high - around.scale.low + 1 == len(FIVE):
            order = rotated(SHUFFLES, sample.sample_id, self.name)
            asked.append(formed(sample, f"shuffled/{order}", PromptChange(rubric=order), draws))
        return (asked_again(sample, draws[1:]), *asked)

    def arms(self, mode: Mode) -> list[Arm]:
        """Each order beside the ascending one."""
        return [Arm("descending", named("descending")), Arm("shuffled", begins("shuffled/"))]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of each order."""
        return (("descending", "effect"), ("shuffled", "effect"))

    def estimate(self, found: Found) -> pl.DataFrame:
        """The effect of each order, how far scores move, and whether to the line that is first."""

        def listed(variant: str) -> float:
            order = RUBRICS.get(variant.rpartition("/")[2])
            return found.scale.high if order is None else found.scale.low + order[0]

        arms = self.arms("score")
        return pl.concat(
            [
                contrasted(self.name, "score", found, arms),
                on_the_scale(self.name, found, arms, listed),
            ]
        )
