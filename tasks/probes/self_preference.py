"""The self-preference probe: does the judge like responses of its own family?"""

from __future__ import annotations

import polars as pl

from data.records import AnswerMode, Mode, Sample
from tasks.measures.self_preference import self_preferences
from tasks.probes.kinds import Around, Family, Found, Headline, Variant


class SelfPreference:
    """The matrix of judges and responders, from base verdicts; needs two judges and labels."""

    name = "self-preference"
    family: Family = "bias"
    options: tuple[str, ...] = ("families",)
    modes: tuple[Mode, ...] = ("score", "pair")

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Nothing: every judge's base verdicts are all it takes."""
        return ()

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What the judge gives to its own family."""
        return ((None, "self_preference"),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """Judge minus label by responder, and each judge's preference for its own family."""
        families = {
            member: family
            for family, members in found.config.families.items()
            for member in members
        }
        return self_preferences(
            found.samples, found.verdicts, families, self.name, found.bootstrap.level
        )
