"""What a probe is: two pure functions, what to ask besides the base request and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from data.records import Mode, Record, Sample

if TYPE_CHECKING:
    import polars as pl

    from tasks.config import BootstrapConfig, ProbeConfig


class Variant(Record):
    """A question besides the base one.

    `presented[i]` is the own index of the response shown at position i; `sample` may be changed.
    """

    variant: str
    sample: Sample
    presented: tuple[int, ...]
    repeats: tuple[int, ...] = (0,)


class Probe(Protocol):
    """A probe of a judge; `modes` are those it can ask in."""

    name: str
    modes: tuple[Mode, ...]

    def vary(self, sample: Sample, config: ProbeConfig) -> tuple[Variant, ...]:
        """What to ask about a sample besides its base request."""
        ...

    def estimate(
        self, samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
    ) -> pl.DataFrame:
        """Estimates from the probe's rows and the base rows of the same samples."""
        ...
