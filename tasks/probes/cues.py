"""Probes that say something about one response and leave its content alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample, Scale
from tasks.measures import contrast
from tasks.probes.contrasts import Arm, Target, begins, contrasted, named, sides, targets
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Counting
from tasks.probes.spreads import spread_of
from tasks.probes.wordings import Words, called, chosen, first_half, replaced
from tasks.prompts.changes import PromptChange

CONTROL = "control"  # the neutral twin: as many words in the same place, without the cue
ADDED = "added"  # the cue that a response bears when it is spoken of, by the neutral twin too


@dataclass(frozen=True)
class Version:
    """Something to say: its wordings by key, and how strongly it bears the cue.

    Each sample gets one key and one of its wordings. A remark names the response's author as
    `{name}` and the rest as `{others}`; words in a response hold its `{text}` and perhaps a
    `{draft}`, the first half of its sentences.
    """

    name: str
    words: Words
    strength: float = 1.0


class Cue:
    """One cue: with a scored response; with the worse and, apart from that, the better of several.

    `place` says whether the words are a remark of the prompt's own or stand in the response. With
    `by_key` each key's effect is estimated apart. `opposed` are arms that are compared with each
    other besides.
    """

    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def __init__(
        self,
        name: str,
        place: Literal["remark", "response"],
        versions: Mapping[Mode, Sequence[Version]],
        *,
        by_key: bool = False,
        opposed: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.name = name
        self.place = place
        self.versions = versions
        self.by_key = by_key
        self.opposed = opposed

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether a response stands out of which at least one version can be told."""
        return any(
            _tellable(sample, target, chosen(version.words, sample.sample_id)[1])
            for _, target in targets(sample)
            for version in self.versions[sample.mode]
        )

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Every version about a score's own response, or about the worst and the best one."""
        draws = tuple(range(around.config.draws))
        told = [
            variant
            for side, target in targets(sample)
            for version in self.versions[sample.mode]
            if (variant := self._told(sample, side, target, version, draws)) is not None
        ]
        return (asked_again(sample, draws[1:]), *told) if told else ()

    def _told(
        self, sample: Sample, side: str, target: int, version: Version, draws: tuple[int, ...]
    ) -> Variant | None:
        key, wording = chosen(version.words, sample.sample_id)
        if not _tellable(sample, target, wording):
            return None
        size = len(sample.responses)
        change, changed = PromptChange(), sample
        if self.place == "remark":
            change = PromptChange(remark=wording.format(**called(target, size)))
        else:
            text = sample.responses[target].text
            words = wording.format(text=text, draft=first_half(text))
            changed = replaced(sample, target, words)
        bears = tuple(float(own == target) for own in range(size))
        added = (1.0,) * size if "{others}" in wording else bears
        return Variant.model_construct(
            variant=f"{side}/{version.name}/{key}",
            sample=changed,
            presented=tuple(range(size)),
            repeats=draws,
            prompt=change,
            cues={self.name: tuple(version.strength * one for one in bears), ADDED: added},
        )

    def estimate(self, found: Found) -> pl.DataFrame:
        """What each version does, beside the base, its neutral twin and its opposite."""
        frames = [
            contrasted(self.name, mode, found, self.arms(mode), self.spreads(mode, found.scale))
            for mode in self.modes
        ]
        return pl.concat(frames)

    def arms(self, mode: Mode) -> list[Arm]:
        """Each version beside the base, then beside its neutral twin, then beside its opposite."""
        arms = [
            Arm(f"{side}/{version.name}", begins(f"{side}/{version.name}/"), target=target)
            for side, target in sides(mode).items()
            for version in self.versions[mode]
        ]
        for side, target, version in self._twinned(mode):
            arms.append(_versus(f"{side}/{version.name}", CONTROL, target))
            if self.by_key:
                arms += [_keyed(f"{side}/{version.name}", key, target) for key in version.words]
        for arm, other in self.opposed:
            side = arm.partition("/")[0]
            if side in sides(mode):
                ends = begins(f"{arm}/"), begins(f"{other}/")
                arms.append(Arm(f"{arm}-{other}", *ends, sides(mode)[side]))
        return arms

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of the arm that stands for the cue, and how it differs by key."""
        if mode == "ask":
            return ()
        arm = self.headline(mode)
        return ((arm, "effect"), *(((arm, "effect_spread"),) if self.by_key else ()))

    def headline(self, mode: Mode) -> str:
        """The arm that stands for the cue: beside its opposite, its neutral twin, or the base."""
        names = [arm.name for arm in self.arms(mode) if not arm.only]
        opposed = [name for name in names if name.count("/") == 2]
        twinned = [name for name in names if name.endswith(f"-{CONTROL}")]
        return (opposed or twinned or names)[0]

    def spreads(self, mode: Mode, scale: Scale) -> list[Counting]:
        """How each version's effect differs by key, beyond its neutral twin."""
        return [
            spread_of(
                _versus(f"{side}/{version.name}", CONTROL, target), tuple(version.words), scale
            )
            for side, target, version in self._twinned(mode)
        ]

    def _twinned(self, mode: Mode) -> list[tuple[str, Target | None, Version]]:
        """Where each version stands that has a neutral twin."""
        versions = self.versions[mode]
        if all(version.name != CONTROL for version in versions):
            return []
        told = [version for version in versions if version.name != CONTROL]
        return [(side, target, own) for side, target in sides(mode).items() for own in told]


def _tellable(sample: Sample, target: int, wording: str) -> bool:
    """Whether the response has the draft that a wording asks for."""
    return "{draft}" not in wording or bool(first_half(sample.responses[target].text))


def _versus(arm: str, other: str, target: Target | None) -> Arm:
    """A version beside another one of the same response."""
    side = arm.partition("/")[0]
    return Arm(f"{arm}-{other}", begins(f"{arm}/"), begins(f"{side}/{other}/"), target)


def _keyed(arm: str, key: str, target: Target | None) -> Arm:
    """One key of a version beside the neutral twin of the same samples; the effect alone."""
    twin = f"{arm.partition('/')[0]}/{CONTROL}/{key}"
    return Arm(
        f"{arm}/{key}-{CONTROL}", named(f"{arm}/{key}"), named(twin), target, (contrast.EFFECT,)
    )
