"""The temperature probe: what the decoding temperature does to verdicts and to their noise."""

from __future__ import annotations

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.measures import noisiness
from tasks.probes.contrasts import Arm, contrasted, counting, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Counting, counted
from tasks.probes.side_by_side import agreements

TEMPERATURES = {"0": 0.0, "0.5": 0.5, "1": 1.0}
ARMS = (
    *(Arm(name, named(name)) for name in TEMPERATURES),
    Arm("1 against 0", named("1"), control=named("0")),
)


class Temperature:
    """The base question at three temperatures, of judges that let one be chosen."""

    name = "temperature"
    family: Family = "consistency"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES
    params = ("temperature",)  # judges that refuse one of these are not asked

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The base question at every temperature."""
        draws = tuple(range(around.config.draws))
        again = range(around.config.draws, 2 * around.config.draws)  # an arm may be the base itself
        own = tuple(range(len(sample.responses)))
        warmed = [
            Variant.model_construct(
                variant=name, sample=sample, presented=own, repeats=tuple(again),
                params={"temperature": degree}, told={"temperature": degree},
            )
            for name, degree in TEMPERATURES.items()
        ]  # fmt: skip
        return (asked_again(sample, draws[1:]), *warmed)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        each: list[Headline] = [(name, "agreement_shift") for name in TEMPERATURES]
        return ("1 against 0", "noise_shift"), *each

    def estimate(self, found: Found) -> pl.DataFrame:
        """Every temperature against the configured one, and the highest against the lowest."""
        frames = []
        for mode in self.modes:
            frames.append(contrasted(self.name, mode, found, ARMS))
            frames.append(agreements(self.name, mode, found, ARMS))
            each = [
                Counting(counting(mode, found.scale, arm), noisiness.MEASURES, arm.name)
                for arm in ARMS
            ]
            frames.append(counted(self.name, mode, found, each))
        return pl.concat(frames)
