"""The self-verdict probe: does the judge's analysis name one outcome and its verdict another?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from data.made_judges import NOBODY
from data.rankings import tied_groups
from data.records import MODES, AnswerMode, Mode, Sample
from tasks.measures import own_words
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.opinions import opinion
from tasks.probes.kinds import Around, Family, Found, Headline, Variant
from tasks.probes.rows import Cell, Counted, probed

READ = "read"


class SelfVerdict:
    """Reads the answers that are there already; asks nothing."""

    name = "self-verdict"
    family: Family = "consistency"
    options: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Nothing."""
        return ()

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        return ((None, "self_contradiction"),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """How often the words name an outcome, and how often it is another than the verdict."""
        base = (pl.col("probe").is_null()) & (pl.col("variant") == "base")
        real = ~pl.col("judge").str.contains(NOBODY)
        read = found.verdicts.filter(base & real & pl.col("request_key").is_not_null())
        mine = read.with_columns(probe=pl.lit(self.name), variant=pl.lit(READ))
        known = replace(found, verdicts=mine)
        return pl.concat(
            probed(self.name, mode, known, _compared(mode, found), own_words.MEASURES)
            for mode in self.modes
        )


def _compared(mode: Mode, found: Found) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        """A sample counts if it has a readable answer whose text is there; repeats are averaged."""
        labels, size = label_verdicts(row), len(row["responses"] or ()) or 1
        rows, missing = [], 0
        for cell in cells:
            text = found.texts.get(cell.request_key or "")
            if cell.verdict is None or text is None:
                missing += not cell.open
                continue
            words = opinion(text, mode, size, found.scale)
            verdict = _outcome(mode, cell.verdict)
            right = [_right(mode, labels, said) for said in (words, verdict)]
            rows.append(own_words.features(verdict, words, *right))
        limits = own_words.limits(rows, missing, bool(labels)) if missing else None
        if not rows:
            return Counted(None, limits, answered=False)
        means = tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))
        return Counted(means, limits)

    return count


def _outcome(mode: Mode, verdict: str) -> str:
    """What of a verdict the words are compared with: all of it, or a ranking's first letter."""
    return verdict[0] if mode == "batch" else verdict


def _right(mode: Mode, labels: Sequence[str], said: str | None) -> float | None:
    if not labels or said is None:
        return None
    if mode == "score":
        return float(abs(float(said) - combined_score(labels)) < 1e-9)
    if mode == "pair":
        return float(said == combined_choice(labels))
    return float(said in tied_groups(labels[0])[0])
