"""The perception probe: does the judge see what is in the picture, before it judges anything?"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.measures import perception
from tasks.measures.kinds import Measure
from tasks.measures.perception import Answered
from tasks.probes.kinds import Around, Family, Found, Headline, Variant
from tasks.probes.picture_questions import ABSENT, EDITED, STATED, questions
from tasks.probes.rows import Cell, Counted, Counting, counted

NAME = re.compile(r"(?P<arm>[a-z-]+)/(?P<truth>yes|no)/(?P<number>\d+)")


@dataclass(frozen=True)
class Part:
    """Arms whose answers are measured together, over items that were asked one of `needed`."""

    name: str
    arms: tuple[str, ...]
    needed: tuple[str, ...]
    measures: tuple[Measure, ...] = perception.ANSWERS


PLAIN = ("present", *ABSENT, *STATED)
PARTS = (
    *(Part(arm, ("present", arm), (arm,)) for arm in ABSENT),
    *(Part(arm, (arm,), (arm,)) for arm in STATED),
    Part("every", PLAIN, PLAIN),
    *(
        Part(arm + EDITED, (arm, arm + EDITED), (arm + EDITED,), perception.EDITED)
        for arm in ("erased", "colour", "readout")
    ),
)


class Perception:
    """Yes/no questions from known facts, once per item; some once more of an edited picture."""

    name = "perception"
    family: Family = "hallucination"
    options: tuple[str, ...] = ("limit",)
    modes: tuple[Mode, ...] = MODES
    changes_pictures = True

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether the sample is the first of an item whose picture something is known of."""
        item = around.facts.get(sample.item_id)
        first = around.firsts[sample.item_id] == sample.sample_id
        if item is None or not first or not sample.images or not around.shows_pictures:
            return False
        return bool(questions(item, around.often))

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """All questions of the sample's item, if the sample is the first of it."""
        item = around.facts.get(sample.item_id)
        if item is None or not sample.images or around.firsts[sample.item_id] != sample.sample_id:
            return ()
        return tuple(
            Variant.model_construct(
                variant=f"{asked.arm}/{asked.question.truth}/{number}",
                sample=sample,
                presented=(),
                repeats=(0,),
                images=() if asked.change is None else (asked.change,),
                question=asked.question.text,
                told={"truth": asked.question.truth},
            )
            for number, asked in enumerate(questions(item, around.often))
        )

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """How often it is right about absent things that are likely, and about edited pictures."""
        likely = ("adversarial", "seen_accuracy"), ("adversarial", "yes_ratio")
        edited = [(f"{arm}{EDITED}", "edit_accuracy") for arm in ("colour", "readout")]
        return (*likely, ("every", "group_accuracy"), *edited) if mode == "ask" else ()

    def estimate(self, found: Found) -> pl.DataFrame:
        """How well the judge sees, by kind of question, and over pictures and their edits."""
        countings = [Counting(_counted(part), part.measures, part.name) for part in PARTS]
        return counted(self.name, "ask", found, countings)


def _counted(part: Part) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def features(sample: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        answers = _answers(cells, part.arms)
        if not any(arm in answers for arm in part.needed):
            return Counted(None, asked=False)
        group = [answered for of_arm in answers.values() for answered in of_arm]
        pairs = [
            pair
            for arm, edited in answers.items()
            if arm.endswith(EDITED)
            for pair in zip(answers.get(arm.removesuffix(EDITED), ()), edited, strict=True)
        ]
        read = any(said is not None for _, said in group)
        sums, limits = perception.features(group, pairs), perception.limits(group, pairs)
        return Counted(sums, limits, answered=read)

    return features


def _answers(cells: Sequence[Cell], arms: Sequence[str]) -> dict[str, list[Answered]]:
    """The truth and what was said, by arm, in the order of the questions."""
    found: dict[str, dict[int, Answered]] = {}
    for cell in cells:
        arm, truth, number = _named(cell.variant)
        if arm in arms:
            found.setdefault(arm, {})[number] = (truth, cell.verdict)
    return {arm: [said for _, said in sorted(of_arm.items())] for arm, of_arm in found.items()}


@functools.lru_cache(maxsize=4096)
def _named(variant: str) -> tuple[str, str, int]:
    """The arm, the truth and the number of a question; no arm for a row of another kind."""
    named = NAME.fullmatch(variant)
    return (named["arm"], named["truth"], int(named["number"])) if named else ("", "", 0)
