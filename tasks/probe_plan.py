"""What the configured probes ask: the variants of every sample they look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from data.datasets import sample_limit
from data.errors import ConfigError
from data.make.facts import ItemFacts
from data.records import Sample, Scale
from tasks.config import RunConfig
from tasks.probes import PROBES, Around, Variant


class Probed(NamedTuple):
    """A variant that a probe asks."""

    probe: str
    ask: Variant


def probed_variants(
    config: RunConfig, samples: Sequence[Sample], scale: Scale, facts: Mapping[str, ItemFacts]
) -> Iterator[Probed]:
    """The variants of every configured probe, over the samples its limit chooses.

    A limit is spread over modes and sources; a larger one keeps a smaller one's samples. Where no
    setting shows pictures, nothing is asked about them.
    """
    shown = set(config.settings) > {"no-figure"} or "no-figure" not in config.settings
    for name, settings in config.probes.items():
        if name not in PROBES:
            raise ConfigError(f"probe {name!r} is not defined; known: {sorted(PROBES)!r}")
        probe = PROBES[name]
        around = Around(settings, scale, samples, facts)
        limits = [n for n in (settings.limit, config.limit_probes) if n is not None]
        for mode in probe.modes:
            eligible = [sample for sample in samples if sample.mode == mode]
            varied = ((sample, probe.vary(sample, around)) for sample in eligible)
            asked = {
                sample.sample_id: askable
                for sample, variants in varied
                if (askable := [v for v in variants if shown or v.question is None])
            }
            chosen = [sample for sample in eligible if sample.sample_id in asked]
            for sample in sample_limit(chosen, min(limits)) if limits else chosen:
                yield from (Probed(name, variant) for variant in asked[sample.sample_id])
