"""Self and family preference: what judges give to responses of their own kind, beyond the labels.

A cell of the matrix is the mean of judge minus label over a responder's samples that every judge
answered. A judge's preference is how much more than judges of other families it gives to the
responders of its own family, less the same for all others: its severity and the responders' quality
cancel. Judges of its own family are left out, as they share what is looked for; without one of
another family nothing can be said. Source of the design: difference in differences with the label
as control.

With a handful of responders the responder is the unit: idiosyncratic taste of a judge for a
responder looks like self-preference, and images cannot tell them apart. The interval is therefore
over responders (Student's t over those of other families), and none is given with fewer than three
of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

from data.records import Estimate, Mode
from tasks.measures.estimates import estimates_table
from tasks.measures.evidence import Answers
from tasks.measures.kinds import Floats
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.measures.subjects import Row, Subject, every

RULE = "base rows that every judge answered"
MODES: tuple[Mode, ...] = ("score", "pair")
FEWEST = 3  # responders of other families, for an interval
ALONE = (
    "not defined: no judge of another family, without which quality and preference cannot be told "
    "apart; name one"
)


@dataclass(frozen=True)
class Matrix:
    """Judge minus label by judge (rows) and responder (columns), and how many samples it is of."""

    judges: Sequence[Subject]
    responders: Sequence[str]
    cells: Floats
    n: int
    missing: int


def self_preferences(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    families: Mapping[str, str],
    probe: str,
    level: float,
) -> pl.DataFrame:
    """The matrix, and each judge's preference for its own family.

    Args:
        samples: columns of `data.schemas.SAMPLES`; responders are the responses' authors.
        verdicts: columns of `data.schemas.VERDICTS`; base rows count.
        families: the family of a judge's or a responder's name; who is not in it is alone in one.
        probe: what the estimates are filed under.
        level: of the intervals.
    """
    rows: list[Estimate] = []
    for mode in MODES:
        compared, asked = every(samples, verdicts, mode, _named)
        judges = [(subject, said) for subject, said in asked if ":" not in subject.judge]
        settings = dict.fromkeys(subject.setting for subject, _ in judges)
        for setting in settings:
            chosen = [(subject, said) for subject, said in judges if subject.setting == setting]
            matrix = _matrix(compared, chosen)
            rows += _told(matrix, families, probe, level) if matrix is not None else []
    return estimates_table(rows)


def _named(row: Row) -> bool:
    return all(response["author"] for response in row["responses"] or ())


def _matrix(compared: Sequence[Row], judges: Sequence[tuple[Subject, Answers]]) -> Matrix | None:
    given = [_read(compared, said) for _, said in judges]
    common = [at for at in range(len(compared)) if all(values[at] is not None for values in given)]
    if not common:
        return None
    sums: dict[str, list[Floats]] = {}
    for at in common:
        row = compared[at]
        label = _values(row["mode"], label_verdicts(row))
        judged = np.array([values[at] for values in given])
        for own, response in enumerate(row["responses"]):
            sums.setdefault(response["author"], []).append(judged[:, own] - label[own])
    responders = sorted(sums)
    cells = np.array([np.mean(sums[name], axis=0) for name in responders]).T
    subjects = [subject for subject, _ in judges]
    return Matrix(subjects, responders, cells, len(common), len(compared) - len(common))


def _read(compared: Sequence[Row], said: Answers) -> list[Floats | None]:
    found: list[Floats | None] = []
    for row in compared:
        readable = [verdict for verdict in said.get(row["sample_id"], []) if verdict is not None]
        found.append(_values(row["mode"], readable) if readable else None)
    return found


def _values(mode: str, verdicts: Sequence[str]) -> Floats:
    """What verdicts give to each response: the score, or half points of a pair."""
    if mode == "score":
        return np.array([combined_score(verdicts)])
    choice = combined_choice(verdicts)
    return np.array({"A": [1.0, 0.0], "B": [0.0, 1.0]}.get(choice, [0.5, 0.5]))


def preference(
    cells: Floats, judge: int, foreign: Sequence[int], own: Sequence[int], level: float
) -> dict[str, Any]:
    """A judge's preference for the responders `own`, with its interval over responders.

    Args:
        cells: judge minus label, judges by responders.
        judge: whose preference.
        foreign: the judges of other families, with whom it is compared.
        own: the responders of its family.
        level: of the interval.

    Returns:
        `value`, `low`, `high`, `note`; `None` where they are not defined.
    """
    others = [column for column in range(cells.shape[1]) if column not in set(own)]
    if not foreign:
        return {"value": None, "low": None, "high": None, "note": ALONE}
    # the judge's own severity cancels in the difference; judges of other families show the quality
    left = cells[judge] - cells[list(foreign)].mean(0)
    value = float(left[own].mean() - left[others].mean())
    above = int(sum(left[other] >= left[own].max() for other in others)) + 1
    note = f"{len(left)} responders: permutation p >= {above / (len(others) + 1):.2f}"
    if len(others) < FEWEST:
        return {"value": value, "low": None, "high": None, "note": note}
    spread = float(left[others].std(ddof=1)) * (1 / len(own) + 1 / len(others)) ** 0.5
    half = float(student.ppf((1 + level) / 2, len(others) - 1)) * spread
    return {"value": value, "low": value - half, "high": value + half, "note": note}


def _told(matrix: Matrix, families: Mapping[str, str], probe: str, level: float) -> list[Estimate]:
    rows = []
    kin = [families.get(subject.judge, subject.judge) for subject in matrix.judges]
    for at, subject in enumerate(matrix.judges):
        for column, responder in enumerate(matrix.responders):
            cell = {"value": float(matrix.cells[at, column]), "low": None, "high": None}
            told = {**cell, "note": "descriptive: no interval"}
            rows.append(
                _estimate(matrix, subject, probe, "judge_minus_label", responder, told, level)
            )
        own = [
            column
            for column, responder in enumerate(matrix.responders)
            if families.get(responder, responder) == kin[at]
        ]
        foreign = [other for other, family in enumerate(kin) if family != kin[at]]
        if len(kin) < 2 or (own and len(own) < len(matrix.responders)):
            told = preference(matrix.cells, at, foreign, own, level)
            rows.append(_estimate(matrix, subject, probe, "self_preference", None, told, level))
    return rows


def _estimate(
    matrix: Matrix,
    subject: Subject,
    probe: str,
    metric: str,
    responder: str | None,
    told: Mapping[str, Any],
    level: float,
) -> Estimate:
    return Estimate(
        judge=subject.judge,
        mode=subject.mode,
        setting=subject.setting,
        probe=probe,
        metric=metric,
        group="pooled" if responder is None else f"responder:{responder}",
        level=level,
        method="Student's t over responders of other families"
        if told["low"] is not None
        else "none",
        n=matrix.n,
        n_missing=matrix.missing,
        clusters=len(matrix.responders),
        clustered=False,
        repeat_rule=RULE,
        **told,
    )
