"""The probes whose arms are contrasts, with the cue that a biased judge follows in each.

A line here gives a probe its proofs of coverage and false alarms (`test_recovery.py`) and its row
of the table of doses (`python -m tests.proof.matrix`). Probes of another kind are proved in files
of their own, with the same `recover`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.make.facts import ItemFacts
from data.records import Mode, Sample
from tasks.probes.contrasts import Arm
from tasks.probes.length import Length
from tests.proof.recovery import Pool, make_pool, plain_samples

SLOTS = 600
World = tuple[Sequence[Sample], Mapping[str, ItemFacts]]


@dataclass(frozen=True)
class Case:
    """A probe in one mode: its arms, and the cue of `Variant.cues` that its dose makes work.

    `headline` is the arm that stands for the probe in the table; `world` gives samples and facts
    where plain texts will not do.
    """

    probe: str
    mode: Mode
    cue: str
    arms: Sequence[Arm]
    headline: str
    world: Callable[[Mode], World] = lambda mode: (plain_samples(mode, SLOTS, 3), {})

    def pool(self) -> Pool:
        """Everything the probe asks about the case's samples."""
        samples, facts = self.world(self.mode)
        return make_pool(self.probe, self.mode, samples, facts)


CASES: tuple[Case, ...] = (
    Case("length", "score", "length", Length().arms("score"), "own/preamble"),
    Case("length", "pair", "length", Length().arms("pair"), "worse/preamble"),
    Case("length", "batch", "length", Length().arms("batch"), "worse/preamble"),
)
