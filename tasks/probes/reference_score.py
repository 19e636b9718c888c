"""The reference-score probe: does a score that is attached to a reference pull the judge's own?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import AnswerMode, Mode, Sample, Scale
from tasks.measures import anchoring
from tasks.measures.labels import combined_score
from tasks.probes.contrasts import Arm, begins, contrasted
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.prompt_forms import formed
from tasks.probes.rows import Cell, Counted, probed
from tasks.probes.spreads import spread_of
from tasks.probes.wordings import rotated
from tasks.prompts.changes import PromptChange

WORDINGS = (  # with the score, and the same without it
    ("This answer to the instruction was given the score {k}:\n{text}",
     "This is an answer to the instruction:\n{text}"),
    ("{text}\nThat was a reference answer; its score is {k}.",
     "{text}\nThat was a reference answer."),
    ("Reference answer (score {k}):\n{text}", "Reference answer:\n{text}"),
)  # fmt: skip
SCORED = re.compile(r"score-(-?\d+)/")


def attached(scale: Scale) -> list[int]:
    """The scores that are attached: at most five, spread over the scale."""
    span = scale.high - scale.low
    return sorted({round(scale.low + span * step / 4) for step in range(5)})


class ReferenceScore:
    """The best other response to the same item as a reference, with every score attached."""

    name = "reference-score"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score",)

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether the item has another response with a label."""
        return _reference(sample, around) is not None

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The reference without a score, then with each; nothing where the item has no other."""
        reference = _reference(sample, around)
        if reference is None:
            return ()
        draws = range(around.config.draws)
        which = rotated(range(len(WORDINGS)), sample.sample_id, self.name)
        scored, plain = WORDINGS[which]
        asked = [self._asked(sample, f"plain/{which + 1}", plain, reference, draws)]
        levels = attached(around.scale)
        for k in levels:
            bears = 2 * (k - levels[0]) / (levels[-1] - levels[0]) - 1
            name = f"score-{k}/{which + 1}"
            made = self._asked(sample, name, scored, reference, draws, k)
            asked.append(made.model_copy(update={"cues": {self.name: (bears,)}}))
        return (asked_again(sample, draws[1:]), *asked)

    def _asked(
        self, sample: Sample, name: str, words: str, text: str, draws: Sequence[int], k: int = 0
    ) -> Variant:
        change = PromptChange(reference=words.replace("{k}", str(k)).replace("{text}", text))
        return formed(sample, name, change, draws)

    def arms(self, mode: Mode, scale: Scale | None = None) -> list[Arm]:
        """The reference beside none, and each attached score beside the reference without one."""
        return [
            Arm("plain", begins("plain/")),
            *(
                Arm(f"score-{k}", begins(f"score-{k}/"), begins("plain/"))
                for k in attached(scale or Scale())
            ),
        ]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """Points per attached point, and what the reference does without any."""
        return ((None, "anchor_slope"), ("plain", "effect"))

    def estimate(self, found: Found) -> pl.DataFrame:
        """What the reference does, what each attached score does, and points per attached point."""
        arms = self.arms("score", found.scale)
        numbers = [str(number + 1) for number in range(len(WORDINGS))]
        spreads = [spread_of(arm, numbers, found.scale) for arm in arms]
        return pl.concat(
            [
                contrasted(self.name, "score", found, arms, spreads),
                probed(self.name, "score", found, _slope(found.scale), anchoring.MEASURES),
            ]
        )


def _reference(sample: Sample, around: Around) -> str | None:
    """The text of the item's other response with the best label; the first of equals."""
    others = [
        other
        for other in around.scored.get(sample.item_id, ())
        if other.sample_id != sample.sample_id and other.labels
        and other.responses[0].text != sample.responses[0].text
    ]  # fmt: skip
    if not others:
        return None
    best = max(others, key=lambda other: combined_score([own.verdict for own in other.labels]))
    return best.responses[0].text


def _slope(scale: Scale) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    ends = float(scale.low), float(scale.high)

    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        by_score: dict[int, list[float | None]] = {}
        for cell in cells:
            match = SCORED.match(cell.variant)
            if match is not None:
                own = by_score.setdefault(int(match[1]), [])
                if not cell.open:
                    own.append(None if cell.verdict is None else float(cell.verdict))
        if not by_score:
            return Counted(None, asked=False)
        known = {k: [one for one in own if one is not None] for k, own in by_score.items()}
        features = anchoring.features(known)
        limits = None
        if all(by_score.values()) and any(None in own for own in by_score.values()):
            limits = anchoring.limits(by_score, ends)
        return Counted(features, limits, answered=bool(features[0]))

    return count
