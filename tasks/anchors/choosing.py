"""Choosing anchors: a stratified part of the labelled samples, frozen with copies of its images."""

from __future__ import annotations

from pathlib import Path

from data.anchors import CARD, AnchorCard
from data.datasets import load_dataset, sample_limit
from data.errors import ConfigError, DataError
from data.layout import LoadedDataset
from data.make.facts import FACTS, ItemFacts, read_facts
from data.records import Sample
from data.subsets import write_subset
from tasks.anchors.canaries import chosen_canaries
from tasks.config import ProbeConfig, RunConfig
from tasks.drift_config import AnchorsConfig
from tasks.probes import Around


def anchors_of(config: RunConfig, where: str) -> AnchorsConfig:
    """The `anchors` of a configuration.

    Raises:
        ConfigError: it has none; says how they are written.
    """
    if config.anchors is None:
        raise ConfigError(
            f"{where}: there is no `anchors`; write `anchors: {{path: anchors}}`, a folder beside "
            "the configuration that is to hold them"
        )
    return config.anchors


def freeze(config: RunConfig, wanted: AnchorsConfig) -> AnchorCard:
    """Choose anchors from a configuration's dataset and store them in `wanted.path`; their card.

    The same dataset gives the same anchors, and a larger size keeps a smaller one's samples. Paths
    of the configuration are absolute.

    Raises:
        DataError: no sample has labels and responses, or the folder is taken.
        HostError: the folder cannot be written.
    """
    if (Path(wanted.path) / CARD).exists():
        raise DataError(
            f"there are anchors in {wanted.path!r} already, and they stay as they are; for others, "
            "which begin new charts, name another folder as `anchors.path`"
        )
    loaded = load_dataset(config.dataset, Path("/"))
    able = [s for s in loaded.samples if s.labels and s.responses and s.mode in config.modes]
    if not able:
        raise DataError(
            f"dataset {loaded.name!r} has no samples with labels and responses in modes "
            f"{list(config.modes)!r}; anchors need both"
        )
    anchors = sample_limit(able, wanted.size)
    card, facts = _card(wanted, loaded, anchors, len(able))
    files = {CARD: card.model_dump_json(indent=1) + "\n"}
    if facts:
        files[FACTS] = "".join(fact.model_dump_json() + "\n" for fact in facts)
    about = {
        "name": f"anchors-{loaded.name}",
        "scale": loaded.scale.model_dump(),
        "description": f"{len(anchors)} anchors chosen from {loaded.name}; frozen",
        "licence": loaded.licence_note,
    }
    rows = [sample.model_dump() for sample in anchors]
    write_subset(Path(wanted.path), rows, loaded.root, about, files)
    return card


def _card(
    wanted: AnchorsConfig, loaded: LoadedDataset, anchors: list[Sample], labelled: int
) -> tuple[AnchorCard, list[ItemFacts]]:
    """The card with its canaries, and the facts of the pictures that canaries ask about."""
    known = read_facts(loaded.root) if (loaded.root / FACTS).is_file() else {}
    around = Around(ProbeConfig(), loaded.scale, anchors, known)
    chosen, lacking = chosen_canaries(anchors, around, round(wanted.canaries * len(anchors)))
    card = AnchorCard(
        dataset=loaded.name,
        wanted=wanted.size,
        chosen=len(anchors),
        labelled=labelled,
        canaries=tuple(chosen),
        lacking=tuple(lacking),
    )
    asked = {canary.sample for canary in chosen if canary.kind == "defect"}
    items = {s.item_id for s in anchors if s.sample_id.split("/", 2)[2] in asked}
    return card, [known[item] for item in known if item in items]
