"""The repeats probe: does the judge say the same when asked the same again?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from data.records import MODES, READABLE, AnswerMode, Mode, Sample, Scale
from tasks.measures import consistency, reliability
from tasks.measures.evidence import CHOICES, NOTHING
from tasks.measures.kinds import Columns, Measure
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Cell, Counted, Features, probed

MOST_LEVELS = 25  # of answers, for their agreement as levels


class Repeats:
    """The base request K times in all: the base answer is the first."""

    name = "repeats"
    family: Family = "consistency"
    options: tuple[str, ...] = ("limit", "repeats")
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The base request with every further repeat index."""
        return (asked_again(sample, range(1, around.config.repeats)),)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """How often two answers agree."""
        return ((None, "repeat_agreement"),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """Consistency of the K answers in every mode, and the reliability of repeated scores."""
        asked: list[tuple[Mode, Features, Sequence[Measure]]]
        asked = [(mode, _answers(mode, found.scale), consistency.MEASURES) for mode in self.modes]
        asked.append(("score", _scores, reliability.MEASURES))
        frames = [
            probed(self.name, mode, found, features, measures) for mode, features, measures in asked
        ]
        kinds: tuple[Mode, ...] = ("score", "pair")
        for mode in kinds:
            levels = _levels(self.name, mode, found.verdicts)
            if 1 < len(levels) <= MOST_LEVELS:
                order = np.arange(len(levels)) if mode == "score" else NOTHING
                columns = Columns(np.arange(len(levels), dtype=np.float64), order.astype(float))
                made = _coincidences(levels)
                frames.append(
                    probed(self.name, mode, found, made, reliability.ALPHA, columns=columns)
                )
        return pl.concat(frames)


def _levels(probe: str, mode: Mode, verdicts: pl.DataFrame) -> list[str]:
    """The levels that were given in a mode, in order."""
    base = pl.col("probe").is_null() & (pl.col("variant") == "base")
    asked = (pl.col("mode") == mode) & (base | (pl.col("probe") == probe))
    given = verdicts.filter(asked & pl.col("status").is_in(list(READABLE)))["verdict"].unique()
    return sorted(given, key=float if mode == "score" else str)


def _coincidences(levels: Sequence[str]) -> Features:
    at = {level: index for index, level in enumerate(levels)}

    def features(sample: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        """A request counts once all answers are in and two of them are readable."""
        read = [at[cell.verdict] for cell in cells if cell.verdict is not None]
        gaps = len(read) < len(cells)
        if any(cell.open for cell in cells) or len(read) < 2:
            return Counted(None, answered=False, gaps=gaps)
        return Counted(reliability.coincidences(read, len(levels)), gaps=gaps)

    return features


def _answers(mode: Mode, scale: Scale) -> Features:
    def features(sample: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        """A sample counts once all K answers are in; an unreadable one agrees with none."""
        if any(cell.open for cell in cells):
            return Counted(None, answered=False)
        outcomes = {
            "score": scale.high - scale.low + 1,
            "pair": len(CHOICES),
            "batch": math.factorial(len(sample["responses"] or ())),
        }[mode]
        answers = [cell.verdict for cell in cells]
        limits = consistency.limits(answers) if None in answers else None
        chances = consistency.chances(len(answers), outcomes)
        return Counted(consistency.features(answers) + chances, limits)

    return features


def _scores(sample: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[float, ...] | None:
    """A sample's scores in the order of its repeats, if every one is readable."""
    read = [cell.verdict for cell in sorted(cells, key=lambda cell: cell.repeat)]
    if len(read) < 2 or None in read:
        return None
    return reliability.features([float(score) for score in read if score is not None])
