"""A probe's verdicts beside the base verdicts of the same samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from data.records import READABLE, AnswerMode, Estimate
from tasks.measures import resampling
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Measure
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject
from tasks.probes.kinds import Found


class Cell(NamedTuple):
    """One verdict of a sample: `None` if it is not readable; `open` if it has no answer yet.

    `request_key` is its request's, or the keys of all the requests it stands on.
    """

    variant: str
    repeat: int
    verdict: str | None
    open: bool
    request_key: str | None = None


class Counted(NamedTuple):
    """What a sample adds to the sums, and with its unreadable verdicts at their worst and best.

    A sample that is not `asked` has no part in the estimate; one that is not `answered` is missing.
    `gaps` says that some of its verdicts are not readable, by default if there are limits. Where
    columns are made of an image's samples together, limits are the features at worst and at best.
    """

    features: tuple[float, ...] | None
    limits: tuple[tuple[float, ...], ...] | None = None
    answered: bool = True
    asked: bool = True
    gaps: bool | None = None


RULE = "base and probe rows of the same samples"
PLAIN = Columns(NOTHING, NOTHING)  # sums without levels
Features = Callable[[Mapping[str, Any], Sequence[Cell]], Counted | tuple[float, ...] | None]


class Counting(NamedTuple):
    """What is measured of each sample's verdicts, for one arm of a probe or for all of it.

    `features` turns a sample and its verdicts (base and probe rows) into the measures' columns,
    or into `None` where they cannot be compared; such samples count as missing. `together` makes
    the columns of an image of those of its samples, for measures that are not sums over samples.
    """

    features: Features
    measures: Sequence[Measure]
    arm: str | None = None
    columns: Columns = PLAIN
    together: Callable[[Sequence[tuple[float, ...]]], tuple[float, ...]] | None = None


def probed(
    name: str,
    mode: AnswerMode,
    found: Found,
    features: Features,
    measures: Sequence[Measure],
    *,
    columns: Columns = PLAIN,
) -> pl.DataFrame:
    """Estimates of a probe in one mode."""
    return counted(name, mode, found, [Counting(features, measures, None, columns)])


def counted(
    name: str,
    mode: AnswerMode,
    found: Found,
    countings: Sequence[Counting],
    also: Sequence[AnswerMode] = (),
) -> pl.DataFrame:
    """Estimates of a probe in one mode, of each judge, setting and counting.

    `also` adds the probe's rows of other modes about the same samples.
    """
    rows: list[Estimate] = []
    by_id = {sample["sample_id"]: sample for sample in found.rows}
    for judge, setting, group in _groups(name, (mode, *also), found.verdicts):
        cells = _cells(group)
        covered = [(by_id[key], own) for key, own in cells.items() if key in by_id]
        for counting in countings:
            each = ((sample, _counted(counting.features(sample, own))) for sample, own in covered)
            asked: list[Asked] = [(sample, counts) for sample, counts in each if counts.asked]
            if counting.together is not None:
                asked = _by_image(asked, counting.together)
            evidence = _evidence([counts for _, counts in asked], counting.columns)
            if evidence is not None:
                told = np.array([bool(sample["labels"]) for sample, _ in asked])
                evidence = dataclasses.replace(evidence, labelled=told)
                subject = Subject(judge, mode, setting, name, RULE, counting.arm)
                layers = resampling.strata([sample for sample, _ in asked])
                job = Job(subject, evidence, counting.measures)
                rows += estimates([job], layers, found.bootstrap)
    return estimates_table(rows)


def _counted(features: Counted | tuple[float, ...] | None) -> Counted:
    if isinstance(features, Counted):
        return features
    return Counted(features, answered=features is not None)


Asked = tuple[Mapping[str, Any], Counted]
Numbers = tuple[float, ...]
Together = Callable[[Sequence[Numbers]], Numbers]


def _by_image(asked: Sequence[Asked], together: Together) -> list[Asked]:
    """The samples with what their image adds in one of them, and nothing in the others."""
    images: dict[tuple[str | None, str], list[int]] = {}
    for at, (sample, _) in enumerate(asked):
        images.setdefault(_image(sample), []).append(at)
    found = list(asked)
    for members in images.values():
        own = [asked[at][1] for at in members]
        features, limits = _made(own, together)
        blank = None if features is None else (0.0,) * len(features)
        carrier = next((n for n, counts in enumerate(own) if counts.features is not None), 0)
        for n, (at, counts) in enumerate(zip(members, own, strict=True)):
            given = None if counts.features is None else features if n == carrier else blank
            mine = counts._replace(features=given, limits=limits if n == carrier else None)
            found[at] = asked[at][0], mine
    return found


def _made(
    own: Sequence[Counted], together: Together
) -> tuple[Numbers | None, tuple[Numbers, ...] | None]:
    """An image's columns from its samples, and what is added to them at worst and at best."""
    known = [counts.features for counts in own if counts.features is not None]
    features = together(known) if known else None
    if all(counts.limits is None for counts in own):
        return features, None
    limits = []
    for case in (0, 1):
        parts = [c.features if c.limits is None else c.limits[case] for c in own]
        end = together([part for part in parts if part is not None])
        given = features or (0.0,) * len(end)
        limits.append(tuple(new - old for new, old in zip(end, given, strict=True)))
    return features, tuple(limits)


def _image(sample: Mapping[str, Any]) -> tuple[str | None, str]:
    return sample["source"], sample["cluster_id"] or f"\0{sample['sample_id']}"


def _evidence(counted: Sequence[Counted], columns: Columns) -> Evidence | None:
    """The samples' features as one array; `None` if no sample has any or could have had."""
    widths = {len(counts.features) for counts in counted if counts.features is not None}
    if not widths:
        widths = {len(counts.limits[0]) for counts in counted if counts.limits is not None}
    if not widths:
        return None
    width = max(widths)
    kept = [counts.features is not None and len(counts.features) == width for counts in counted]
    blank = (0.0,) * width
    extremes = None
    if any(counts.limits is not None for counts in counted):
        extremes = np.array([counts.limits or (blank, blank) for counts in counted])
    return Evidence(
        columns=columns,
        features=np.array(
            [counts.features if own else blank for counts, own in zip(counted, kept, strict=True)]
        ),
        answered=np.array(
            [own and counts.answered for counts, own in zip(counted, kept, strict=True)],
            dtype=np.int64,
        ),
        asked=np.ones(len(counted), dtype=np.int64),
        extremes=extremes,
        gaps=np.array([_gaps(counts) for counts in counted]),
    )


def _gaps(counts: Counted) -> bool:
    if counts.gaps is not None:
        return counts.gaps
    return counts.limits is not None and any(map(any, counts.limits))


def _groups(
    name: str, modes: Sequence[AnswerMode], verdicts: pl.DataFrame
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Per judge and setting: the probe's rows and the first base row of the same samples."""
    mine = verdicts.filter((pl.col("probe") == name) & pl.col("mode").is_in(list(modes)))
    base = verdicts.filter(pl.col("probe").is_null() & (pl.col("repeat") == 0))
    keys = ["judge", "setting", "sample_id"]
    both = pl.concat([base.join(mine.select(keys).unique(), on=keys, how="semi"), mine])
    for (judge, setting), group in both.group_by(keys[:2], maintain_order=True):
        yield str(judge), str(setting), group


def _cells(group: pl.DataFrame) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    chosen = group.select("sample_id", "variant", "repeat", "status", "verdict", "request_key")
    for sample_id, variant, repeat, status, verdict, key in chosen.iter_rows():
        readable = verdict if status in READABLE else None
        cell = Cell(variant, repeat, readable, status == "open", key)
        found.setdefault(sample_id, []).append(cell)
    return found
