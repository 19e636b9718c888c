"""The image-place probe: does it matter whether the picture stands before or after the words?"""

from __future__ import annotations

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.probes.contrasts import Arm, contrasted, named, standing
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.prompts.changes import PromptChange


class ImagePlace:
    """The same words and the same picture, the picture first."""

    name = "image-place"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there is a picture."""
        return bool(sample.images)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with its pictures before the prompt's text instead of after it."""
        if not self.applies(sample, around):
            return ()
        draws = tuple(range(around.config.draws))
        again = tuple(range(len(draws), 2 * len(draws)))  # an arm may be the base itself
        size = len(sample.responses)
        first = Variant.model_construct(
            variant="first",
            sample=sample,
            presented=tuple(range(size)),
            repeats=again,
            prompt=PromptChange(image_first=True),
            cues={"image-first": (1.0,) * size},
        )
        return asked_again(sample, draws[1:]), first

    def arms(self, mode: Mode) -> list[Arm]:
        """The one change."""
        return [Arm("first", named("first"))]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What the place of the picture does to scores, and how often it changes other verdicts."""
        return (("first", standing(mode)),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """What it does to verdicts that the picture comes first."""
        frames = [contrasted(self.name, mode, found, self.arms(mode)) for mode in self.modes]
        return pl.concat(frames)
