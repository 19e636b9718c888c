"""Verdicts and labels as per-sample features whose sums every measure is a function of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from data.records import READABLE
from tasks.measures.batch import extremes
from tasks.measures.batch import features as ranking_features
from tasks.measures.kinds import Bools, Columns, Floats, Ints
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.measures.memo import remembered

CHOICES = np.array([0.0, 1.0, 2.0])  # A, B, tie
NOTHING = np.array([])


@dataclass(frozen=True)
class Evidence:
    """What a subject's estimates stand on, a row per sample.

    `features` (samples, K), sparse for joint counts, has zeros where there is no readable verdict;
    `answered` and `asked` are 0 or 1. `human` is the label's level where the columns are joint
    counts. `extremes` (samples, 2, K) is what is added at worst and at best where verdicts are
    missing, zero for the others. Without either, nothing is said of what they could have been.
    `labelled` says which samples have a label, all by default, and `gaps` which have an answer
    without a verdict beside those that count.
    """

    columns: Columns
    features: Floats | csr_array
    answered: Ints
    asked: Ints
    human: Floats | None = None
    extremes: Floats | None = None
    labelled: Bools | None = None
    gaps: Bools | None = None

    def total(self, members: Ints | None = None) -> Floats:
        """The sums (K,) of some samples, of all by default."""
        chosen = self.features if members is None else self.features[members]
        return np.asarray(chosen.sum(0), dtype=np.float64)

    @property
    def missing(self) -> Ints:
        """1 where a sample was asked and has no readable verdict."""
        return self.asked * (1 - self.answered)


Answers = Mapping[str, list[str | None]]


def by_sample(group: pl.DataFrame) -> Answers:
    """The verdicts of each sample over its repeats; `None` where one is not readable.

    Samples of one repeat share the lists of equal verdicts, so nobody may change them.
    """
    readable = pl.when(pl.col("status").is_in(sorted(READABLE))).then(pl.col("verdict"))
    rows = group.sort("repeat", maintain_order=True).select("sample_id", readable)
    said = zip(*(column.to_list() for column in rows), strict=True)
    if not rows["sample_id"].is_duplicated().any():
        alone: dict[str | None, list[str | None]] = {}
        return {sample: alone.setdefault(verdict, [verdict]) for sample, verdict in said}
    found: dict[str, list[str | None]] = {}
    for sample_id, verdict in said:
        found.setdefault(sample_id, []).append(verdict)
    return found


@remembered
def marks(samples: Sequence[Mapping[str, Any]], answers: Answers) -> tuple[list[list[str]], Ints]:
    """The readable verdicts of each sample, and which samples were asked at all."""
    nothing: list[str] = []
    given = [answers.get(sample["sample_id"]) for sample in samples]
    readable = [nothing if some is None else _readable(some) for some in given]
    return readable, np.array([some is not None for some in given], dtype=np.int64)


def _readable(some: list[str | None]) -> list[str]:
    """The same list where all of it is readable."""
    if None in some:
        return [verdict for verdict in some if verdict is not None]
    return cast("list[str]", some)


@remembered
def label_scores(samples: Sequence[Mapping[str, Any]]) -> list[float]:
    """The score of each sample according to its labels."""
    return [combined_score(label_verdicts(sample)) for sample in samples]


@remembered
def said_scores(samples: Sequence[Mapping[str, Any]], answers: Answers) -> list[float | None]:
    """The score each sample was given over its repeats; `None` where none is readable."""
    return [combined_score(some) if some else None for some in marks(samples, answers)[0]]


@remembered
def _score_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    asked = marks(samples, answers)[1]
    human, judge = label_scores(samples), said_scores(samples, answers)
    whole = [level for level in human if level == int(level)]  # what a judge could have said
    columns = Columns(_levels(human), _levels([*judge, *whole]))
    return _table_evidence(columns, human, judge, asked)


@remembered
def _choice_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    readable, asked = marks(samples, answers)
    human: list[float | None] = [
        float("ABC".index(combined_choice(label_verdicts(sample)))) for sample in samples
    ]
    judge = [float("ABC".index(combined_choice(some))) if some else None for some in readable]
    return _table_evidence(Columns(CHOICES, CHOICES), human, judge, asked)


@remembered
def _ranking_evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence:
    """Means over annotators and repeats of what each ranking is worth."""
    readable, asked = marks(samples, answers)
    blank = np.zeros(len(ranking_features("AB", "AB")))
    rows = [
        np.mean([ranking_features(y, v) for y in label_verdicts(sample) for v in some], axis=0)
        if some
        else blank
        for sample, some in zip(samples, readable, strict=True)
    ]
    answered = np.array([bool(some) for some in readable], dtype=np.int64)
    could = np.array([extremes(label_verdicts(sample)[0]) for sample in samples])
    could *= (asked * (1 - answered))[:, None, None]
    return Evidence(Columns(NOTHING, NOTHING), np.array(rows), answered, asked, extremes=could)


def _table_evidence(
    columns: Columns,
    human: Sequence[float | None],
    judge: Sequence[float | None],
    asked: Ints,
) -> Evidence:
    """Indicator features of joint counts."""
    answered = np.array([value is not None for value in judge], dtype=np.int64)
    given = answered.astype(bool)
    x = np.searchsorted(columns.human, np.asarray(human, dtype=np.float64)[given])
    y = np.searchsorted(columns.judge, np.asarray(judge, dtype=np.float64)[given])
    cells = np.flatnonzero(given), x * len(columns.judge) + y
    shape = (len(human), len(columns.human) * len(columns.judge))
    features = csr_array((np.ones(len(x)), cells), shape=shape)
    return Evidence(columns, features, answered, asked, human=np.asarray(human, dtype=np.float64))


def _levels(values: Iterable[float | None]) -> Floats:
    return np.array(sorted({value for value in values if value is not None}), dtype=np.float64)


EVIDENCE = {"score": _score_evidence, "pair": _choice_evidence, "batch": _ranking_evidence}
