"""The image-order probe: does it matter which of an item's pictures is shown first?"""

from __future__ import annotations

import re

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.probes.contrasts import Arm, contrasted, named, standing
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again

ORDER_WORDS = re.compile(
    r"\b(first|second|third|fourth|fifth|last|former|latter|next|previous|before|after|left|right|"
    r"(image|picture|photo|figure|panel|frame|page)s? *#? *(\d|[a-d]\b|one|two|three))",
    re.IGNORECASE,
)


class ImageOrder:
    """The pictures of an item in the opposite order, where no words refer to their order."""

    name = "image-order"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there are several pictures whose order nothing speaks of."""
        words = [sample.instruction, *(response.text for response in sample.responses)]
        several = len({image.sha256 for image in sample.images}) > 1
        return several and not any(map(ORDER_WORDS.search, words))

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with its pictures turned round, if it has several different ones."""
        if not self.applies(sample, around):
            return ()
        draws = tuple(range(around.config.draws))
        again = tuple(range(len(draws), 2 * len(draws)))  # an arm may be the base itself
        size = len(sample.responses)
        turned = Variant.model_construct(
            variant="turned",
            sample=sample.model_copy(update={"images": sample.images[::-1]}),
            presented=tuple(range(size)),
            repeats=again,
            cues={"image-order": (1.0,) * size},
        )
        return asked_again(sample, draws[1:]), turned

    def arms(self, mode: Mode) -> list[Arm]:
        """The one change."""
        return [Arm("turned", named("turned"))]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What the order of pictures does to scores, and how often it changes other verdicts."""
        return (("turned", standing(mode)),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """What the opposite order does to verdicts."""
        frames = [contrasted(self.name, mode, found, self.arms(mode)) for mode in self.modes]
        return pl.concat(frames)
