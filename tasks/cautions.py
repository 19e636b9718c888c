"""What a reader must know of a run that is allowed and yet says less than it seems to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from tasks import families
from tasks.config import RunConfig
from tasks.probes.thresholds import PICTURES
from tasks.prompts import BUNDLED, WORDED, WORDINGS

FAMILIES, CLAIMS, DRAWN, WORDED_ANEW = "self-preference", "rationale", "thresholds", "paraphrase"


def of_config(config: RunConfig) -> list[str]:
    """What the configuration alone tells, a line each."""
    return [*families.cautions(config), *_unverified(config), *_few(config), *_mixed(config)]


def of_authors(config: RunConfig, authors: Collection[str]) -> Iterator[str]:
    """Judges without a response of their family or a judge of another, and members nobody is."""
    probe = config.probes.get(FAMILIES)
    if probe is None:
        return
    judges = [judge.name for judge in config.judges]
    written = sorted({*authors, *(responder.name for responder in config.responders)})
    known = {name: family for family, members in probe.families.items() for name in members}
    own = {known.get(name, name) for name in written}
    strangers = sorted(set(known) - {*judges, *written})
    if strangers:
        yield (
            f"probe {FAMILIES!r}: {strangers!r} of `families` are neither judges nor responders; "
            f"the responders are {written!r}"
        )
    alone = [name for name in judges if known.get(name, name) not in own]
    if alone:
        yield (
            f"probe {FAMILIES!r} says nothing of {alone!r}: no response is of such a judge's "
            f"family; `families` can name it beside some of {written!r}"
        )
    if len({known.get(name, name) for name in judges}) == 1 and len(alone) < len(judges):
        yield (
            f"probe {FAMILIES!r} says nothing of {judges!r}: there is no judge of another family "
            "to compare with; add one"
        )


def _unverified(config: RunConfig) -> Iterator[str]:
    if CLAIMS in config.probes and config.verifier is None:
        yield (
            f"probe {CLAIMS!r}: no `verifier` is configured, so claims that the dataset's facts do "
            "not decide stay undecided"
        )


def _few(config: RunConfig) -> Iterator[str]:
    probe, most = config.probes.get(DRAWN), config.limit_probes
    if probe is not None and most is not None and most < (wanted := probe.limit or PICTURES):
        yield (
            f"probe {DRAWN!r}: limit_probes {most} leaves {most} of {wanted} pictures of each "
            "dimension; fewer make its intervals wider"
        )


def _mixed(config: RunConfig) -> Iterator[str]:
    if WORDED_ANEW not in config.probes or config.prompts is None:
        return
    ours = [name for name in WORDED if not _own(Path(config.prompts), name)]
    if ours:
        yield (
            f"probe {WORDED_ANEW!r} compares your wording with ours: {config.prompts!r} has a "
            f"{ours[0]}.txt of its own and not all of its wordings {list(WORDINGS)!r}"
            + (f" ({len(ours) - 1} more such files)" if len(ours) > 1 else "")
        )


def _own(folder: Path, name: str) -> bool:
    """Whether a template is the bundled one, or comes with wordings of its own."""
    if (folder / f"{name}.txt").read_bytes() == (BUNDLED / f"{name}.txt").read_bytes():
        return True
    return all((folder / f"{name}.{wording}.txt").is_file() for wording in WORDINGS)
