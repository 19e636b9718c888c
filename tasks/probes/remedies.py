"""The remedies probe: does what is recommended make this judge better, and what does it cost?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.config import BLIND_SETTINGS, MORE_STEPS
from tasks.measures import remedied
from tasks.probes.cascade import cascade
from tasks.probes.contrasts import Arm, begins, contrasted, named
from tasks.probes.derived import BOTH_ORDERS, PANEL, SAMPLES, TURNED, derived
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.order import rotation
from tasks.probes.rows import Cell, Counted, Counting, counted
from tasks.probes.settings import askable
from tasks.probes.side_by_side import agreements, prices
from tasks.prompts.changes import AS_IT_IS, PromptChange

PROMPTED = ("answer-first", *MORE_STEPS)
CASCADE = Arm("cascade", begins("cascade/"))
MADE = tuple(Arm(name, named(name)) for name in (BOTH_ORDERS, SAMPLES, PANEL))
ASKED = tuple(Arm(steps, named(steps)) for steps in PROMPTED)
OF_MADE = ("loss_shift", "unreadable_shift")  # what can be said of one verdict per sample


class Remedies:
    """Prompts that are asked, and verdicts that are made of others, each against plain answers."""

    name = "remedies"
    family: Family = "remedy"
    options: tuple[str, ...] = ("limit", "repeats", "draws", "cascade")
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Further answers to the base question, the other orders, and the remedies' prompts."""
        size, draws = len(sample.responses), range(around.config.draws)
        repeats = range(1, max(around.config.repeats, around.config.draws))
        turned = [
            _shown(sample, TURNED if size == 2 else f"{TURNED}-{by}", rotation(size, by))
            for by in range(1, size)
        ]
        prompted: list[Variant] = []
        sighted = around.settings[0] not in BLIND_SETTINGS
        for steps in PROMPTED:
            if sighted and askable(steps, around):
                change = PromptChange(steps=steps)
                own = _shown(sample, steps, rotation(size, 0), change, tuple(draws))
                prompted.append(own)
                if sample.mode == "pair":
                    prompted.append(_shown(sample, f"{steps}/{TURNED}", (1, 0), change))
        return (asked_again(sample, repeats), *turned, *prompted)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What stands on the judge's card."""
        names = ("agreement_shift", "price_ratio")
        return tuple((arm.name, name) for arm in (*ASKED, *MADE, CASCADE) for name in names)

    def estimate(self, found: Found) -> pl.DataFrame:
        """Each remedy's agreement, loss, order effect and price beside those of plain answers."""
        known = replace(found, verdicts=pl.concat([found.verdicts, self._made(found)]))
        frames = []
        for mode in self.modes:
            made = [*MADE, CASCADE] if found.config.cascade else list(MADE)
            single = contrasted(self.name, mode, known, made)
            frames.append(contrasted(self.name, mode, known, ASKED))
            frames.append(single.filter(pl.col("metric").is_in(OF_MADE)))
            frames.append(agreements(self.name, mode, known, [*ASKED, *made]))
            frames.append(prices(self.name, mode, known, [*ASKED, *MADE]))
            if found.config.cascade:
                frames.append(prices(self.name, mode, known, [CASCADE], cascade=True))
        each = [Counting(_orders(steps), remedied.MEASURES, steps) for steps in PROMPTED]
        frames.append(counted(self.name, "pair", known, each))
        return pl.concat(frames)

    def _made(self, found: Found) -> pl.DataFrame:
        """The rows of the remedies that are made of answers, as rows of this probe."""
        mine = found.verdicts.filter(pl.col("probe") == self.name)
        first = found.verdicts.filter(
            pl.col("probe").is_null() & (pl.col("variant") == "base") & (pl.col("repeat") == 0)
        ).join(mine.select("sample_id", "judge", "setting").unique(), on=KEYS, how="semi")
        base = pl.concat([first, mine.filter(pl.col("variant") == "base")])
        turned = mine.filter(pl.col("variant").str.starts_with(TURNED))
        rows = [derived(base, turned)]
        if found.config.cascade:
            rows.append(cascade(base, found.rows, found.scale, found.config.cascade))
        made = pl.concat(rows).with_columns(probe=pl.lit(self.name))
        return made.select(found.verdicts.columns)


KEYS = ["sample_id", "judge", "setting"]


def _shown(
    sample: Sample,
    name: str,
    presented: tuple[int, ...],
    prompt: PromptChange = AS_IT_IS,
    repeats: tuple[int, ...] = (0,),
) -> Variant:
    return Variant.model_construct(
        variant=name, sample=sample, presented=presented, repeats=repeats, prompt=prompt,
        told={"prompt": prompt.steps} if prompt.steps else {},
    )  # fmt: skip


def _orders(steps: str) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    """A pair counts if it has a readable answer in both orders, with and without the remedy."""
    names = ("base", TURNED, steps, f"{steps}/{TURNED}")

    def count(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        asked = [[cell for cell in cells if cell.variant == name] for name in names]
        if not all(asked):
            return Counted(None, asked=False)
        ways = [[cell.verdict for cell in way if not cell.open] for way in asked]
        if not all(ways):  # not answered yet is no refusal
            return Counted(None, answered=False)
        limits = remedied.limits(ways) if any(None in way for way in ways) else None
        plain, turned, changed, both = ([v for v in way if v is not None] for way in ways)
        if not (plain and turned and changed and both):
            return Counted(None, limits, answered=False)
        before = remedied.first_over_second(plain, turned)
        return Counted((1.0, before, remedied.first_over_second(changed, both)), limits)

    return count
