"""The order probe: does the judge prefer a place rather than a response?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from data.records import ALARM, TIE, AnswerMode, Mode, Sample
from tasks.measures import order, slots
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Cell, Counted, Counting, counted, probed

Row = Mapping[str, Any]
FAR = 0.25  # of the scale, the gap between two responses' scores from which they lie far apart
NO_FLOOR = "no repeats, so no noise floor: noise counts as inconsistency too"
CRY = (
    f"{ALARM}: less consistent than a coin that never reads the responses; "
    "these verdicts follow the place, not the response"
)


def rotation(size: int, by: int) -> tuple[int, ...]:
    """Own indices as shown when the first `by` responses have moved to the end."""
    return tuple((by + place) % size for place in range(size))


class Order:
    """Pairs both ways; rankings under every rotation, so that each slot holds each response."""

    name = "order"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("pair", "batch")

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether the texts differ: of equal ones, another order is the same request."""
        return len({response.text for response in sample.responses}) == len(sample.responses)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The other rotations of the sample's responses; `rotated-1` of a pair is its swap."""
        if not self.applies(sample, around):
            return ()
        size, draws = len(sample.responses), tuple(range(around.config.draws))
        turned = tuple(
            Variant.model_construct(
                variant=f"rotated-{by}",
                sample=sample,
                presented=rotation(size, by),
                repeats=draws,
            )
            for by in range(1, size)
        )
        return (asked_again(sample, draws[1:]), *turned)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The pull of the first place, and how often the winner stays."""
        pair = (None, "first_preference"), (None, "position_consistency")
        return {"pair": pair, "batch": ((None, "first_slot_lift"),)}.get(mode, ())

    def estimate(self, found: Found) -> pl.DataFrame:
        """First-shown preference and consistency of pairs; slot lift and copying of rankings.

        Where the labels score both responses of a pair, also for those close to each other and
        those far apart.
        """
        gaps = _gaps(found)
        kinds: dict[str | None, Callable[[Row], bool]] = {
            None: lambda _: True,
            "close": lambda row: gaps.get(row["sample_id"], FAR) < FAR,
            "far": lambda row: gaps.get(row["sample_id"], 0.0) >= FAR,
        }
        pairs = [Counting(_pair(keep), order.MEASURES, arm) for arm, keep in kinds.items()]
        by_place = noted(counted(self.name, "pair", found, pairs))
        rankings = probed(self.name, "batch", found, _batch, slots.MEASURES)
        return pl.concat([by_place, rankings])


def noted(estimates: pl.DataFrame) -> pl.DataFrame:
    """Estimates of consistency that say where they lack a floor or lie below a coin's."""
    keys = ["judge", "setting", "arm", "group"]
    found = pl.col("metric")
    floor = (pl.col("value").is_not_null() & (found == "excess_flip")).any().over(keys)
    below = ((found == "consistency_beyond_coin") & (pl.col("high") < 0)).any().over(keys)
    concerned = found.is_in(["excess_flip", "position_consistency", "consistency_beyond_coin"])
    note = pl.concat_str(
        pl.when(below & (found == "position_consistency")).then(pl.lit(CRY)),
        pl.when(concerned & ~floor).then(pl.lit(NO_FLOOR)).otherwise(pl.col("note")),
        separator="; ",
        ignore_nulls=True,
    )
    return estimates.with_columns(note.replace("", None).alias("note"))


def _pair(keep: Callable[[Row], bool]) -> Callable[[Row, Sequence[Cell]], Counted]:
    def count(sample: Row, cells: Sequence[Cell]) -> Counted:
        base = _draws(cells, "base")
        swapped = _draws(cells, "rotated-1")
        if not base or not swapped or not keep(sample):
            return Counted(None, asked=False)
        labels = label_verdicts(sample)
        label = combined_choice(labels) if labels else None
        features = order.features(base, swapped, label)
        gaps = None in base or None in swapped
        limits = order.limits(base, swapped, label) if gaps else None
        return Counted(features, limits, answered=bool(features[0]))

    return count


def _batch(sample: Row, cells: Sequence[Cell]) -> Counted:
    size = len(sample["responses"])
    shown = {
        rotation(size, by): _draws(cells, f"rotated-{by}" if by else "base") for by in range(size)
    }
    asked = {presented: draws for presented, draws in shown.items() if draws}
    if not asked:
        return Counted(None, asked=False)
    features = slots.features(asked)
    gaps = any(None in draws for draws in asked.values())
    limits = slots.limits(asked) if gaps else None
    return Counted(features, limits, answered=bool(features[0]))


def _draws(cells: Sequence[Cell], variant: str) -> list[str | None]:
    return [cell.verdict for cell in cells if cell.variant == variant and not cell.open]


def _gaps(found: Found) -> dict[str, float]:
    """By pair, how far apart its responses' scores are, as a share of the scale.

    Scores are those of the same item's responses in scoring; a pair that its label ties is close.
    """
    span = found.scale.high - found.scale.low
    scores = {
        (row["item_id"], row["responses"][0]["author"]): combined_score(labels)
        for row in found.rows
        if row["mode"] == "score" and row["responses"] and (labels := label_verdicts(row))
    }
    gaps = {}
    for row in found.rows:
        if row["mode"] != "pair" or not row["responses"]:
            continue
        known = [scores.get((row["item_id"], one["author"])) for one in row["responses"]]
        both = [score for score in known if score is not None]
        labels = label_verdicts(row)
        if labels and combined_choice(labels) == TIE:
            gaps[row["sample_id"]] = 0.0
        elif len(both) == 2:
            gaps[row["sample_id"]] = abs(both[0] - both[1]) / span
    return gaps
