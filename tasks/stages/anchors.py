"""Anchors in a run: kept in its folder, so that it can be resumed and measured without them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.anchors import CARD, anchor_facts, anchors_sha256, read_anchors, read_card
from data.errors import DataError
from data.make.facts import FACTS
from data.records import Sample
from data.samples import Samples, samples_table
from tasks.anchors.planning import Anchors
from tasks.stages.context import Context

FOLDER = "anchors"  # of a run, with the card and what is known of the canaries' pictures


def keep_anchors(here: Context) -> None:
    """Store `anchors` and their card; a run without any stores nothing.

    Raises:
        DataError: there are no anchors, or their scale is not the dataset's.
    """
    if here.config.anchors is None:
        return
    loaded = read_anchors(Path(here.config.anchors.path))
    if loaded.scale != here.scale:
        raise DataError(
            f"anchors {here.config.anchors.path!r} are on the scale {loaded.scale.low} to "
            f"{loaded.scale.high}, the dataset is not; choose anchors of this dataset"
        )
    samples = [sample for sample in loaded.samples if sample.mode in here.config.modes]
    here.run.store("anchors", samples_table(samples))
    for name in (CARD, FACTS):
        if (loaded.root / name).exists():
            text = (loaded.root / name).read_text(encoding="utf-8")
            here.run.write_text(f"{FOLDER}/{name}", text)
    here.run.note(
        anchors={
            "night": here.night,
            "statistic": here.config.anchors.statistic,
            "sha256": anchors_sha256(samples),
            "root": str(loaded.root),
            "samples": len(samples),
        }
    )


def anchors_of(here: Context) -> Anchors | None:
    """The anchors of a run with its night; `None` where it has none."""
    if not here.run.has("anchors"):
        return None
    folder = here.run.path / FOLDER
    return Anchors(here.night, frozen(here), read_card(folder).canaries, anchor_facts(folder))


def frozen(here: Context) -> Sequence[Sample]:
    """The frozen samples of a run; none where it has no anchors."""
    return list(Samples(here.run.table("anchors"))) if here.run.has("anchors") else []
