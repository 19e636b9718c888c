"""The transforms probe: does the verdict stay when the picture changes in what does not matter?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from data.make.facts import ItemFacts
from data.records import AnswerMode, Mode, Sample
from tasks.measures import imagery
from tasks.probes.contrasts import Arm, contrasted, named, standing
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.pictures import pictured, series
from tasks.prompts.changes import ImageChange

HARMLESS: Mapping[str, tuple[ImageChange, ...]] = {
    "re-encoded": (ImageChange(do="png"),),
    "greyscale": (ImageChange(do="greyscale"),),
    "brighter": (ImageChange(do="brightness", level=5),),
    "darker": (ImageChange(do="brightness", level=-5),),
    "cropped": (ImageChange(do="crop", level=1),),
    "padded": (ImageChange(do="pad", level=2),),
    "flipped": (ImageChange(do="flip"),),
}
LADDERS: Mapping[str, Mapping[str, tuple[ImageChange, ...]]] = {  # mildest first
    "jpeg": {
        f"jpeg/{quality}": (ImageChange(do="jpeg", level=quality),)
        for quality in (95, 75, 50, 30, 10)
    },
    "long-edge": {
        f"long-edge/{side}": (ImageChange(do="long-edge", level=side),)
        for side in (1568, 1024, 768, 512, 384)
    },
}
TRANSFORMS = {**HARMLESS, **LADDERS["jpeg"], **LADDERS["long-edge"]}
COLOUR_WORDS = (
    "red", "orange", "yellow", "green", "blue", "purple", "violet", "pink", "brown", "black",
    "white", "grey", "gray", "gold", "golden", "silver", "beige", "cyan", "magenta", "turquoise",
    "colour", "colours", "color", "colors", "coloured", "colored", "colourful", "colorful",
    "blond", "blonde", "bright", "dark", "hue", "shade", "tint",
)  # fmt: skip
SIDE_WORDS = (
    "left", "right", "east", "west", "eastern", "western", "clockwise", "counterclockwise",
    "anticlockwise", "mirror", "mirrored", "text", "word", "words", "letter", "letters", "sign",
    "written", "reads", "label", "labelled", "labeled", "number", "numbers", "first", "last",
)  # fmt: skip
SIDES = frozenset({"left", "right", "east", "west"})


class Transforms:
    """Changes that leave an answer as right as it was, and two ladders of doses."""

    name = "transforms"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score", "pair")
    changes_pictures = True

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there is a picture."""
        return bool(sample.images)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Every transform that fits the sample.

        A change can leave a picture as it was. Then the request is the base request, so that
        other repeat indices than the base draws' keep it from being answered by them.
        """
        if not self.applies(sample, around):
            return ()
        draws = around.config.draws
        asked = [asked_again(sample, range(1, draws))]
        facts = around.facts.get(sample.item_id)
        for name, images in TRANSFORMS.items():
            if _fits(name, sample, facts):
                asked.append(_transformed(sample, name, images, range(draws, 2 * draws)))
        return tuple(asked)

    def arms(self, mode: Mode) -> list[Arm]:
        """Every transform."""
        return [Arm(name, named(name)) for name in TRANSFORMS]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What a harmless change does, and the last step of each ladder."""
        last = (list(steps)[-1] for steps in LADDERS.values())
        return tuple((arm, standing(mode)) for arm in ("greyscale", *last))

    def estimate(self, found: Found) -> pl.DataFrame:
        """Conformity and excess change of each transform, and slopes over the ladders."""
        frames = []
        for mode in self.modes:
            arms = self.arms(mode)
            ladders = {
                name: [arm for arm in arms if arm.name in doses] for name, doses in LADDERS.items()
            }
            frames.append(contrasted(self.name, mode, found, arms))
            frames.append(pictured(self.name, mode, found, arms, imagery.CONFORMITY))
            frames.append(series(self.name, mode, found, ladders))
        return pl.concat(frames)


def _transformed(
    sample: Sample, name: str, images: tuple[ImageChange, ...], repeats: range
) -> Variant:
    """Its cue is named like the transform or the ladder, and is as strong as its step."""
    size = len(sample.responses)
    ladder, _, _ = name.partition("/")
    step = list(LADDERS[ladder]).index(name) + 1 if ladder in LADDERS else 1
    return Variant.model_construct(
        variant=name,
        sample=sample,
        presented=tuple(range(size)),
        repeats=tuple(repeats),
        images=images,
        cues={ladder: (float(step),) * size},
    )


def _fits(name: str, sample: Sample, facts: ItemFacts | None) -> bool:
    """Whether a transform leaves what is asked and answered about this picture as true as it was.

    Colours must not matter for greyscale. For a flip, facts must be known and hold nothing to be
    read and no sides.
    """
    if name == "greyscale":
        coloured = facts is not None and any(
            fact.type == "object" and fact.colour is not None for fact in facts.facts
        )
        return not coloured and not _speaks_of(sample, COLOUR_WORDS)
    if name == "flipped":
        return (
            facts is not None and not _read_or_sided(facts) and not _speaks_of(sample, SIDE_WORDS)
        )
    return True


def _read_or_sided(facts: ItemFacts) -> bool:
    return any(
        fact.type == "readout" or (fact.type == "relation" and fact.value in SIDES)
        for fact in facts.facts
    )


def _speaks_of(sample: Sample, words: tuple[str, ...]) -> bool:
    said = " ".join([sample.instruction, *(response.text for response in sample.responses)])
    return not set(words).isdisjoint(re.findall(r"[a-z]+", said.lower()))
