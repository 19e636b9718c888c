"""The settings probe: the prompt settings side by side on the same samples."""

from __future__ import annotations

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.config import BLIND_SETTINGS, SETTINGS
from tasks.probes.contrasts import Arm, contrasted, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.side_by_side import agreements, prices
from tasks.prompts.changes import PromptChange


def askable(steps: str, around: Around) -> bool:
    """Whether steps may be asked for: not the configured ones, nor pictures or descriptions where
    the configuration asks for none.
    """  # noqa: D205
    if steps == around.settings[0]:
        return False
    if steps == "vision-expert":  # described in round 1 only where a configured setting needs it
        return steps in around.settings
    return steps in BLIND_SETTINGS or not set(around.settings) <= {"no-figure"}


class Settings:
    """Every prompt setting against the first configured one."""

    name = "settings"
    family: Family = "consistency"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there is another setting to ask in."""
        return any(askable(steps, around) for steps in SETTINGS)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The base question in every other setting."""
        draws = tuple(range(around.config.draws))
        own = tuple(range(len(sample.responses)))
        other = [
            Variant.model_construct(
                variant=steps, sample=sample, presented=own, repeats=draws,
                prompt=PromptChange(steps=steps), cues={steps: (1.0,) * len(own)},
                told={"prompt": steps},
            )
            for steps in SETTINGS
            if askable(steps, around)
        ]  # fmt: skip
        return (asked_again(sample, draws[1:]), *other) if other else ()

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        return tuple((steps, "agreement_shift") for steps in SETTINGS)

    def estimate(self, found: Found) -> pl.DataFrame:
        """Each setting's effect, excess change, agreement with the labels and price."""
        arms = [Arm(steps, named(steps)) for steps in SETTINGS]
        frames = []
        for mode in self.modes:
            frames.append(contrasted(self.name, mode, found, arms))
            frames.append(agreements(self.name, mode, found, arms))
            frames.append(prices(self.name, mode, found, arms))
        return pl.concat(frames)
