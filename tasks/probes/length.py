"""The length probe: is a response worth more when it says the same at greater length?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import polars as pl

from data.records import MODES, Mode, Response, Sample
from tasks.probes.contrasts import Arm, contrasted, loser, named, winner
from tasks.probes.kinds import Around, Family, Found, Variant, asked_again

SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _summary(text: str) -> str:
    """The response with its own sentences once more as a closing summary."""
    return f"{text}\n\nIn summary: {text}"


def _list(text: str) -> str:
    """The response followed by its sentences as a list of key points."""
    points = [f"- {sentence}" for sentence in SENTENCE.split(text.strip()) if sentence]
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
    modes: tuple[Mode, ...] = MODES
    headlines: tuple[str, ...] = ("effect",)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with one response padded: a score's own, else the worst and the best."""
        draws = range(around.config.draws)
        padded = [
            self._padded(sample, f"{side}/{padding}", target, padding, tuple(draws))
            for side, target in _targets(sample)
            for padding in PADDINGS
        ]
        return (asked_again(sample, draws[1:]), *padded) if padded else ()

    def _padded(
        self, sample: Sample, name: str, target: int, padding: str, draws: tuple[int, ...]
    ) -> Variant:
        responses = list(sample.responses)
        old = responses[target]
        responses[target] = Response(author=old.author, text=PADDINGS[padding](old.text))
        size = len(responses)
        return Variant.model_construct(
            variant=name,
            sample=sample.model_copy(update={"responses": tuple(responses)}),
            presented=tuple(range(size)),
            repeats=draws,
            cues={"length": tuple(float(own == target) for own in range(size))},
        )

    def arms(self, mode: Mode) -> list[Arm]:
        """Every padding, of a score's own response or of the worse and the better one."""
        sides = {"own": None} if mode == "score" else {"worse": loser, "better": winner}
        return [
            Arm(f"{side}/{padding}", named(f"{side}/{padding}"), target=target)
            for side, target in sides.items()
            for padding in PADDINGS
        ]

    def estimate(self, found: Found) -> pl.DataFrame:
        """The effect of each padding, on the worse and on the better response."""
        frames = [contrasted(self.name, mode, found, self.arms(mode)) for mode in self.modes]
        return pl.concat(frames)


def _targets(sample: Sample) -> list[tuple[str, int]]:
    """Which response is padded, and what that arm is called."""
    if sample.mode == "score":
        return [("own", 0)]
    row = sample.model_dump(include={"mode", "labels"})
    ends = (("worse", loser(row)), ("better", winner(row)))
    return [(side, target) for side, target in ends if target is not None]
