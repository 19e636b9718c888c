"""The order probe: does the judge prefer a place rather than a response?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data.records import Mode, Sample
from tasks.measures import order
from tasks.measures.labels import combined_choice, label_verdicts
from tasks.probes.kinds import Around, Family, Found, Variant
from tasks.probes.rows import Cell, probed


def rotation(size: int, by: int) -> tuple[int, ...]:
    """Own indices as shown when the first `by` responses have moved to the end."""
    return tuple((by + place) % size for place in range(size))


class Order:
    """Pairs both ways; rankings under every rotation, so that each slot holds each response."""

    name = "order"
    family: Family = "bias"
    modes: tuple[Mode, ...] = ("pair", "batch")
    headlines: tuple[str, ...] = ("first_preference", "first_slot_lift", "position_consistency")

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The other rotations of the sample's responses; `rotated-1` of a pair is its swap."""
        size = len(sample.responses)
        return tuple(
            Variant.model_construct(
                variant=f"rotated-{by}", sample=sample, presented=rotation(size, by), repeats=(0,)
            )
            for by in range(1, size)
        )

    def estimate(self, found: Found) -> pl.DataFrame:
        """First-shown preference and consistency of pairs; slot lift and copying of rankings."""
        return pl.concat(
            [
                probed(self.name, "pair", found, _pair, order.PAIR),
                probed(self.name, "batch", found, _batch, order.BATCH),
            ]
        )


def _pair(sample: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[float, ...] | None:
    verdicts = {cell.variant: cell.verdict for cell in cells}
    base, swapped = verdicts.get("base"), verdicts.get("rotated-1")
    if base is None or swapped is None:
        return None
    labels = label_verdicts(sample)
    return order.pair_features(base, swapped, combined_choice(labels) if labels else None)


def _batch(sample: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[float, ...] | None:
    size = len(sample["responses"])
    shown = {
        rotation(size, int(cell.variant.partition("-")[2] or 0)): cell.verdict for cell in cells
    }
    readable = {presented: ranked for presented, ranked in shown.items() if ranked is not None}
    return order.batch_features(readable) if len(readable) == size else None
