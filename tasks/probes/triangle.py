"""The triangle probe: do scores, pair choices and rankings of the same responses agree?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import polars as pl

from data.records import LETTERS, AnswerMode, Mode, Sample
from tasks.measures import triangle
from tasks.measures.triangle import Way, from_choices, from_scores
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Cell, Counted, Counting, counted

SIDES: Mapping[Mode, tuple[tuple[Mode, Mode], ...]] = {
    "pair": (("score", "pair"),),
    "batch": (("score", "pair"), ("pair", "batch"), ("score", "batch")),
}
Draws = Mapping[str, Sequence[str | None]]


class Triangle:
    """A pair's responses scored one by one; a ranking's also compared two by two."""

    name = "triangle"
    family: Family = "consistency"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("pair", "batch")

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample's responses in the other modes, under the sample's own id."""
        draws = tuple(range(around.config.draws))
        size = len(sample.responses)
        parts: list[tuple[Mode, tuple[int, ...]]] = [("score", (own,)) for own in range(size)]
        if sample.mode == "batch":
            parts += [("pair", pair) for pair in combinations(range(size), 2)]
        derived = [
            Variant.model_construct(
                variant=f"{mode}/{''.join(LETTERS[own] for own in owns)}",
                sample=_part(sample, mode, owns, around),
                presented=tuple(range(len(owns))),
                repeats=draws,
            )
            for mode, owns in parts
        ]
        return (asked_again(sample, draws[1:]), *derived)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        sides = SIDES.get(mode, ()) if mode != "ask" else ()
        names = ("strict_conflict", "conflict_excess")
        return tuple((f"{one}-{other}", name) for one, other in sides for name in names)

    def estimate(self, found: Found) -> pl.DataFrame:
        """Conflicts of every two ways, beside the noise of each."""
        known = replace(found, verdicts=_under_samples_mode(found, self.name))
        frames = []
        for mode in self.modes:
            each = [
                Counting(_conflicts(one, other), triangle.MEASURES, f"{one}-{other}")
                for one, other in SIDES[mode]
            ]
            frames.append(counted(self.name, mode, known, each))
        return pl.concat(frames)


def _part(sample: Sample, mode: Mode, owns: Sequence[int], around: Around) -> Sample:
    """Some of a sample's responses in another mode, with the labels that they have there."""
    responses = tuple(sample.responses[own] for own in owns)
    labels = around.labels.get((sample.item_id, mode, tuple(r.text for r in responses)), ())
    return sample.model_copy(update={"mode": mode, "responses": responses, "labels": labels})


def _under_samples_mode(found: Found, probe: str) -> pl.DataFrame:
    """The verdicts, the probe's rows under the mode of the sample they were derived from."""
    modes = found.samples.select("sample_id", pl.col("mode").alias("of_sample"))
    mine = (pl.col("probe") == probe) & pl.col("of_sample").is_not_null()
    joined = found.verdicts.join(modes, on="sample_id", how="left", maintain_order="left")
    own = pl.when(mine).then("of_sample").otherwise("mode").alias("mode")
    return joined.with_columns(own).drop("of_sample")


def _conflicts(one: Mode, other: Mode) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        """A sample counts if both ways say something of at least one pair of its responses."""
        said: dict[str, list[str | None]] = {}
        for cell in cells:
            if not cell.open:
                said.setdefault(cell.variant, []).append(cell.verdict)
        pairs = [
            (_way(one, row["mode"], said, a, b), _way(other, row["mode"], said, a, b))
            for a, b in combinations(LETTERS[: len(row["responses"])], 2)
        ]
        found = triangle.features(pairs)
        gaps = any(None in way.said for both in pairs for way in both)
        limits = triangle.limits(pairs) if gaps else None
        return Counted(found, limits, answered=found is not None)

    return count


def _way(way: Mode, mode: Mode, said: Draws, a: str, b: str) -> Way:
    """What a way says of responses `a` and `b`, which stand in this order."""
    if way == "score":
        first, second = (
            [None if v is None else float(v) for v in said.get(f"score/{x}", ())] for x in (a, b)
        )
        return from_scores(first, second)
    if way == "pair":
        return from_choices(said.get("base" if mode == "pair" else f"pair/{a}{b}", ()))
    return from_choices([r and ("A" if r.index(a) < r.index(b) else "B")
                         for r in said.get("base", ())])  # fmt: skip
