"""What the configured probes ask: the variants of every sample they look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from data.datasets import sample_limit
from data.errors import ConfigError
from data.make.facts import ItemFacts
from data.records import Sample, Scale
from tasks.config import RunConfig
from tasks.judges import Seat
from tasks.probes import PROBES, Around, Probe, Variant
from tasks.probes.fresh import FreshProbe, of_probe
from tasks.probes.kinds import Answered, Choosy, Follows


def params_of(probe: str) -> tuple[str, ...]:
    """The decoding parameters that a probe sets."""
    found: tuple[str, ...] = getattr(PROBES[probe], "params", ())
    return found


def not_asked(config: RunConfig, seats: Mapping[str, Seat]) -> list[str]:
    """Which judges each probe leaves out because their models refuse what it sets, in words."""
    return [
        f"probe {name!r} does not ask judge {judge.name!r}: model {seats[judge.name].model!r} "
        f"refuses {', '.join(params_of(name))}"
        for name in config.probes
        for judge in config.judges
        if seats[judge.name].refuses(params_of(name))
    ]


class Probed(NamedTuple):
    """A variant that a probe asks."""

    probe: str
    ask: Variant


def asked_of(seat: Seat, probed: Iterable[Probed]) -> Iterator[Probed]:
    """The variants that a judge can be asked: not those of probes that set what it refuses."""
    return (each for each in probed if not seat.refuses(params_of(each.probe)))


def probed_variants(
    config: RunConfig,
    samples: Sequence[Sample],
    scale: Scale,
    facts: Mapping[str, ItemFacts],
    fresh: Sequence[Sample] = (),
) -> Iterator[Probed]:
    """The variants of every configured probe, over the samples its limit chooses.

    A limit is spread over modes and sources; a larger one keeps a smaller one's samples. It chooses
    before anything is varied. A probe that draws its own items asks about all of those `fresh` ones
    and about no other. Where no setting shows pictures, nothing is asked about them.
    """
    for name, settings in config.probes.items():
        if name not in PROBES:
            raise ConfigError(f"probe {name!r} is not defined; known: {sorted(PROBES)!r}")
        probe = PROBES[name]
        around = Around(settings, scale, samples, facts, config.settings)
        own = of_probe(fresh, name) if isinstance(probe, FreshProbe) else None
        for sample in _chosen(config, probe, around) if own is None else own:
            for variant in probe.vary(sample, around):
                if around.shows_pictures or variant.question is None:
                    yield Probed(name, variant)


def changing_pictures(config: RunConfig) -> RunConfig:
    """The configuration with only those probes that send changed pictures."""
    changing = {
        name: settings
        for name, settings in config.probes.items()
        if getattr(PROBES[name], "changes_pictures", False)
    }
    return config.model_copy(update={"probes": changing})


def _chosen(config: RunConfig, probe: Probe, around: Around) -> Iterator[Sample]:
    """The samples that a probe asks about: within its limit, those that it applies to."""
    limits = [n for n in (around.config.limit, config.limit_probes) if n is not None]
    choosy = probe if isinstance(probe, Choosy) else None
    for mode in probe.modes:
        eligible = [
            sample
            for sample in around.samples
            if sample.mode == mode and (choosy is None or choosy.applies(sample, around))
        ]
        yield from sample_limit(eligible, min(limits)) if limits else eligible


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
