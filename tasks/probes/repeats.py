"""The repeats probe: does the judge say the same when asked the same again?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data.records import MODES, Mode, Sample
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures import consistency
from tasks.probes.kinds import Variant
from tasks.probes.rows import Cell, probed


class Repeats:
    """The base request K times in all: the base answer is the first."""

    name = "repeats"
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, config: ProbeConfig) -> tuple[Variant, ...]:
        """The base request with every further repeat index."""
        own = tuple(range(len(sample.responses)))
        further = tuple(range(1, config.repeats))
        return (
            Variant.model_construct(variant="base", sample=sample, presented=own, repeats=further),
        )

    def estimate(
        self, samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
    ) -> pl.DataFrame:
        """The majority criterion and the mean share of the most frequent answer."""
        return pl.concat(
            [
                probed(
                    self.name, mode, samples, verdicts, _answers, consistency.MEASURES, bootstrap
                )
                for mode in self.modes
            ]
        )


def _answers(sample: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[float, ...] | None:
    """A sample counts once all K answers are in; an unreadable one agrees with none."""
    if any(cell.open for cell in cells):
        return None
    return consistency.features([cell.verdict for cell in cells])
