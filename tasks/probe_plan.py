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
from tasks.probes.fresh import FreshProbe, of_probe
from tasks.probes.kinds import Answered, Follows


class Probed(NamedTuple):
    """A variant that a probe asks."""

    probe: str
    ask: Variant


def probed_variants(
    config: RunConfig,
    samples: Sequence[Sample],
    scale: Scale,
    facts: Mapping[str, ItemFacts],
    fresh: Sequence[Sample] = (),
) -> Iterator[Probed]:
    """The variants of every configured probe, over the samples its limit chooses.

    A limit is spread over modes and sources; a larger one keeps a smaller one's samples. A probe
    that draws its own items asks about all of those `fresh` ones and about no other. Where no
    setting shows pictures, nothing is asked about them.
    """
    shown = set(config.settings) > {"no-figure"} or "no-figure" not in config.settings
    for name, settings in config.probes.items():
        if name not in PROBES:
            raise ConfigError(f"probe {name!r} is not defined; known: {sorted(PROBES)!r}")
        probe = PROBES[name]
        around = Around(settings, scale, samples, facts)
        if isinstance(probe, FreshProbe):
            for sample in of_probe(fresh, name):
                yield from (Probed(name, variant) for variant in probe.vary(sample, around))
            continue
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


Answers = Mapping[str, Mapping[str, Sequence[Answered]]]  # by probe and sample


def following(config: RunConfig) -> list[str]:
    """The configured probes that ask about the answers to their questions."""
    return [name for name in config.probes if isinstance(PROBES.get(name), Follows)]


def followed_variants(
    config: RunConfig,
    samples: Sequence[Sample],
    scale: Scale,
    facts: Mapping[str, ItemFacts],
    answers: Answers,
    bound: bool = False,
) -> Iterator[Probed]:
    """What the configured probes ask about those answers; with `bound`, the most they could."""
    for name in following(config):
        probe = PROBES[name]
        assert isinstance(probe, Follows)
        around = Around(config.probes[name], scale, samples, facts)
        ask = probe.most_followed if bound else probe.follow
        given = answers.get(name, {})
        for sample in samples:
            if sample.sample_id in given:
                for variant in ask(sample, given[sample.sample_id], around):
                    yield Probed(name, variant)
