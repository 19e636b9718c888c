"""The probes whose arms are contrasts, with the cue that a biased judge follows in each.

A line here gives a probe its proofs of coverage and false alarms (`test_recovery.py`) and its row
of the table of doses (`python -m tests.proof.matrix`). Probes of another kind are proved in files
of their own, with the same `recover`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.make.facts import ItemFacts
from data.records import MODES, Mode, Sample
from tasks.probes import CUES
from tasks.probes.contrasts import Arm
from tasks.probes.cues import Cue
from tasks.probes.length import Length
from tasks.probes.markdown import Markdown
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


def cue_case(cue: Cue, mode: Mode) -> Case:
    """A cue without the effects of its single keys, which few samples of a run have."""
    arms = [arm for arm in cue.arms(mode) if not arm.only]
    return Case(cue.name, mode, cue.name, arms, cue.headline(mode))


CASES: tuple[Case, ...] = (
    Case("length", "score", "length", Length().arms("score"), "own/preamble"),
    Case("length", "pair", "length", Length().arms("pair"), "worse/preamble"),
    Case("length", "batch", "length", Length().arms("batch"), "worse/preamble"),
    *(cue_case(cue, mode) for cue in CUES for mode in MODES),
    Case("markdown", "score", "markdown", Markdown().arms("score"), "own/rendered-plain"),
    Case("markdown", "pair", "markdown", Markdown().arms("pair"), "worse/rendered-plain"),
    Case("markdown", "batch", "markdown", Markdown().arms("batch"), "worse/rendered-plain"),
)
