"""The score-labels probe: is a score the same when its levels are called otherwise?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from data.records import AnswerMode, Mode, Sample
from tasks.probes.contrasts import Arm, contrasted, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.prompt_forms import formed, on_the_scale
from tasks.prompts.changes import PromptChange

LABELS: Mapping[str, tuple[str, ...]] = {  # lowest first
    "grades": ("E", "D", "C", "B", "A"),
    "roman": ("i", "ii", "iii", "iv", "v"),
}


class ScoreLabels:
    """Grades and Roman numerals in place of the numbers of a five-point scale."""

    name = "score-labels"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score",)

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether the scale has the five levels that are labelled."""
        return around.scale.high - around.scale.low == 4

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample under every set of labels; nothing on another scale."""
        if not self.applies(sample, around):
            return ()
        draws = range(around.config.draws)
        asked = [
            formed(sample, name, PromptChange(labels=labels), draws)
            for name, labels in LABELS.items()
        ]
        return (asked_again(sample, draws[1:]), *asked)

    def arms(self, mode: Mode) -> list[Arm]:
        """Each set of labels beside the numbers."""
        return [Arm(name, named(name)) for name in LABELS]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of each set of labels."""
        return tuple((name, "effect") for name in LABELS)

    def estimate(self, found: Found) -> pl.DataFrame:
        """The effect of each set, in points; how far scores move, and whether to the first."""
        arms = self.arms("score")
        return pl.concat(
            [
                contrasted(self.name, "score", found, arms),
                on_the_scale(self.name, found, arms, lambda _: found.scale.low),
            ]
        )
