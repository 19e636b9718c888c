"""The length probe: is a response worth more when it says the same at greater length?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.measures.contrast import EFFECT, LOSS
from tasks.probes.contrasts import Arm, begins, contrasted, named, sides, targets
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.wordings import replaced, sentences


def _summary(text: str) -> str:
    """The response with its own sentences once more as a closing summary."""
    return f"{text}\n\nIn summary: {text}"


def _list(text: str) -> str:
    """The response followed by its sentences as a list of key points."""
    points = [f"- {sentence}" for sentence in sentences(text)]
    return "\n".join([text, "", "Key points:", *points])


def _preamble(text: str) -> str:
    """The response behind a polite opening that says nothing."""
    opening = (
        "Thank you for this question. It deserves a careful answer, so the picture was looked at "
        "closely, and what follows rests on what can be seen in it and on nothing else. "
    )
    return opening + text


PADDINGS: Mapping[str, Callable[[str], str]] = {
    "summary": _summary,
    "list": _list,
    "preamble": _preamble,
}


class Length:
    """Three deterministic paddings that add no content; each sample gets all three."""

    name = "length"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether a response stands out that can be padded."""
        return bool(targets(sample))

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with one response padded: a score's own, else the worst and the best."""
        draws = range(around.config.draws)
        padded = [
            self._padded(sample, f"{side}/{padding}", target, padding, tuple(draws))
            for side, target in targets(sample)
            for padding in PADDINGS
        ]
        return (asked_again(sample, draws[1:]), *padded) if padded else ()

    def _padded(
        self, sample: Sample, name: str, target: int, padding: str, draws: tuple[int, ...]
    ) -> Variant:
        text = PADDINGS[padding](sample.responses[target].text)
        size = len(sample.responses)
        return Variant.model_construct(
            variant=name,
            sample=replaced(sample, target, text),
            presented=tuple(range(size)),
            repeats=draws,
            cues={"length": tuple(float(own == target) for own in range(size))},
        )

    def arms(self, mode: Mode) -> list[Arm]:
        """Every padding, of a score's own response or of the worse and the better one."""
        apart = [
            Arm(f"{side}/{padding}", named(f"{side}/{padding}"), target=target)
            for side, target in sides(mode).items()
            for padding in PADDINGS
        ]
        together = [
            Arm(f"{side}/all", begins(f"{side}/"), target=target, only=(EFFECT, LOSS))
            for side, target in sides(mode).items()
        ]
        return apart + together

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of all paddings together."""
        return () if mode == "ask" else tuple((f"{side}/all", "effect") for side in sides(mode))

    def estimate(self, found: Found) -> pl.DataFrame:
        """The effect of each padding, on the worse and on the better response."""
        frames = [contrasted(self.name, mode, found, self.arms(mode)) for mode in self.modes]
        return pl.concat(frames)
