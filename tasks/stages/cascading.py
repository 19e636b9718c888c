"""Round 3: what the strong judges of cascades are asked, from the answers of the cheap ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from cache.keys import canonical_json, key_of_json
from data.records import Sample
from tasks.asking import Ground, Planned
from tasks.combined_config import Cascade
from tasks.combining import unsure
from tasks.plan import JUDGE, plan_cascade
from tasks.stages.context import Context
from tasks.stages.parts import plan_of
from tasks.verdicts import verdicts


def cascade_rows(
    here: Context, base: Ground, samples: Sequence[Sample], bound: bool = False
) -> Iterator[Planned]:
    """The rows of every cascade; with `bound`, as if no cheap judge were ever sure."""
    judged = [s for s in samples if s.mode in here.config.modes and s.responses]
    for cascade in here.config.cascades:
        handed = None if bound else set(handed_over(here, cascade))
        yield from plan_cascade(base, cascade, judged, handed)


def digest_of_handed_over(here: Context) -> str | None:
    """A hash of all that is handed over; `None` without a cascade."""
    if not here.config.cascades:
        return None
    found = [(one.name, *sorted(handed_over(here, one))) for one in here.config.cascades]
    return key_of_json(canonical_json(found))


def handed_over(here: Context, cascade: Cascade) -> Iterator[tuple[str, str]]:
    """The (setting, sample) whose answers leave the cheap judge unsure."""
    judged = verdicts(_cheap(here, cascade), here.run.answers(), here.scale)
    return unsure(cascade, judged)


def _cheap(here: Context, cascade: Cascade) -> pl.DataFrame:
    """The base rows of a cascade's cheap judge."""
    return plan_of(here).filter(
        (pl.col("round") == JUDGE) & (pl.col("judge") == cascade.cheap) & pl.col("probe").is_null()
    )
