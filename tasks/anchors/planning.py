"""What a night asks about its anchors: the plan's rows in a dated epoch, canaries among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from data.anchors import Canary
from data.make.facts import ItemFacts
from data.records import Sample, Scale
from tasks.anchors import PROBE
from tasks.anchors.canaries import canary_variant
from tasks.asking import Asked, Ground, Planned, planned
from tasks.config import ProbeConfig, RunConfig
from tasks.judge_config import RecordedJudge
from tasks.plan import judging_text
from tasks.probes import Around, Variant


@dataclass(frozen=True)
class Anchors:
    """The frozen samples of a run, its canaries, and the night they are asked on."""

    night: str
    samples: Sequence[Sample]
    canaries: Sequence[Canary] = ()
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)

    def sample_of(self, canary: Canary) -> Sample | None:
        """The anchor that a canary asks about."""
        own = (s for s in self.samples if s.mode == canary.mode)
        return next((s for s in own if s.sample_id.split("/", 2)[2] == canary.sample), None)


def live_judges(config: RunConfig) -> list[str]:
    """The judges that are asked: not recorded ones, which say the same for ever."""
    return [judge.name for judge in config.judges if not isinstance(judge, RecordedJudge)]


def anchor_variants(anchors: Anchors, scale: Scale) -> Iterator[Variant]:
    """Every anchor as it is, then the canaries."""
    for sample in anchors.samples:
        own = tuple(range(len(sample.responses)))
        yield Variant.model_construct(variant="base", sample=sample, presented=own)
    around = Around(ProbeConfig(), scale, anchors.samples, anchors.facts)
    for canary in anchors.canaries:
        about = anchors.sample_of(canary)
        variant = None if about is None else canary_variant(canary, about, around)
        if variant is not None:
            yield variant


def plan_anchors(ground: Ground, anchors: Anchors) -> Iterator[Planned]:
    """The rows of a night's anchors for every live judge, in the first setting."""
    setting = ground.config.settings[0]
    variants = list(anchor_variants(anchors, ground.scale))
    for name in live_judges(ground.config):
        seat = ground.seats[name]
        for variant in variants:
            asked = Asked(variant, setting, 0, PROBE, epoch=anchors.night)
            yield planned(ground, seat, asked, judging_text(ground, seat, asked))
