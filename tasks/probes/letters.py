"""The letters probe: does a pair's verdict depend on what the responses are called?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from data.records import AnswerMode, Mode, Sample
from tasks.measures import contrast
from tasks.probes.contrasts import Arm, contrasted, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.prompt_forms import formed
from tasks.prompts.changes import PromptChange

LABELS: Mapping[str, tuple[str, ...]] = {  # of the first shown, of the second, of a tie
    "xyz": ("X", "Y", "Z"),
    "numbers": ("1", "2", "3"),
    "exchanged": ("B", "A", "C"),
}


class Letters:
    """Other names in the same places, and A and B exchanged, so that name and place come apart."""

    name = "letters"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("pair",)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The pair in its own order under every set of names."""
        draws = range(around.config.draws)
        asked = [
            formed(sample, name, PromptChange(labels=labels), draws)
            for name, labels in LABELS.items()
        ]
        return (asked_again(sample, draws[1:]), *asked)

    def arms(self, mode: Mode) -> list[Arm]:
        """Each set beside A, B and C; the target is what is shown first."""
        return [
            Arm(name, named(name), target=lambda _: 0, only=contrast.UNATTACKED) for name in LABELS
        ]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of each set of names."""
        return tuple((name, "effect") for name in LABELS)

    def estimate(self, found: Found) -> pl.DataFrame:
        """How much likelier the first shown is preferred under each set of names."""
        return contrasted(self.name, "pair", found, self.arms("pair"))
