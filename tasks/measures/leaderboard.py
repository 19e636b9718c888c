"""Responders ranked by pair verdicts: Bradley-Terry strengths from the judge and from humans.

P(i beats j) = s_i / (s_i + s_j); a tie is half a win for each. Strengths are logarithms with
mean zero, fitted by Hunter's minorization-maximization (2004) in every replicate of images, so that
all comparisons of an image stay together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from data.records import Estimate
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.estimates import estimates_table
from tasks.measures.evidence import Answers, marks
from tasks.measures.kinds import Floats, Ints, ratio
from tasks.measures.labels import combined_choice, label_verdicts
from tasks.measures.resampling import Stratum
from tasks.measures.subjects import Row, Subject, every

PROBE = "leaderboard"
HUMANS = "humans"
FEW = 10  # responders, below which two leaderboards agree or disagree by luck
ROUNDS = 500
POINTS = {"A": (1.0, 0.0), "B": (0.0, 1.0), "C": (0.5, 0.5)}


def strengths(wins: Floats) -> Floats:
    """Log strengths (..., R) from wins (..., R, R), `wins[i, j]` those of i over j.

    NaN throughout where some responder has won or lost nothing: its strength has no finite value.
    """
    size = wins.shape[-1]
    flat = wins.reshape(-1, size, size)
    games = flat + np.swapaxes(flat, -1, -2)
    won, lost = flat.sum(-1), flat.sum(-2)
    fine = ((won > 0) & (lost > 0)).all(-1)
    strength = np.ones(won.shape)
    for _ in range(ROUNDS):
        together = strength[:, :, None] + strength[:, None, :]
        new = ratio(won, (games / together).sum(-1))
        new = new / np.exp(np.nanmean(np.log(np.where(new > 0, new, np.nan)), -1, keepdims=True))
        moved = np.abs(new[fine] - strength[fine]).max(initial=0.0)
        strength = np.where(fine[:, None], new, 1.0)
        if moved < 1e-10:
            break
    found = np.where(fine[:, None], np.log(strength), np.nan)
    return found.reshape(wins.shape[:-1])


class Board(NamedTuple):
    """A subject's strengths: the point (R,), its replicates (B, R), and which samples count."""

    point: Floats
    draws: Floats
    answered: Ints
    asked: Ints


def leaderboards(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Estimates with probe `leaderboard`; none where pairs do not name their responders.

    A row `bradley_terry` per judge (and `humans`) and responder (group `responder:NAME`), and per
    judge `leaderboard_tau`, Kendall's tau of its order with the humans'.
    """
    rows: list[Estimate] = []
    compared, asked = every(samples, verdicts, "pair", _named)
    if not compared:
        return estimates_table(rows)
    names = sorted({each["author"] for row in compared for each in row["responses"]})
    layers = resampling.strata(compared)
    labels: Answers = {
        row["sample_id"]: [combined_choice(label_verdicts(row))] for row in compared
    }  # fmt: skip
    humans = _board(compared, labels, names, layers, bootstrap)
    about = Subject(HUMANS, "pair", "labels", PROBE, "majority of the annotators")
    rows += _rows(about, humans, names, layers, bootstrap)
    for subject, answers in asked:
        if not subject.judge.startswith("baseline:"):
            board = _board(compared, answers, names, layers, bootstrap)
            own = Subject(subject.judge, "pair", subject.setting, PROBE, subject.repeat_rule)
            rows += _rows(own, board, names, layers, bootstrap)
            rows.append(_agreement(own, board, humans, names, layers, bootstrap))
    return estimates_table(rows)


def _named(row: Row) -> bool:
    authors = {response["author"] for response in row["responses"] or ()}
    return len(authors) == 2 and "" not in authors


def _board(
    samples: Sequence[Row],
    answers: Answers,
    names: Sequence[str],
    layers: Sequence[Stratum],
    bootstrap: BootstrapConfig,
) -> Board:
    said, asked = marks(samples, answers)
    at = {name: index for index, name in enumerate(names)}
    wins = np.zeros((len(samples), len(names), len(names)))
    for index, (sample, verdicts) in enumerate(zip(samples, said, strict=True)):
        if verdicts:
            a, b = (at[response["author"]] for response in sample["responses"])
            wins[index, a, b], wins[index, b, a] = POINTS[combined_choice(verdicts)]
    flat = wins.reshape(len(samples), -1)
    sums = [resampling.cluster_sums(layer, flat) for layer in layers]
    drawn = [
        np.sum([own @ by_image for own, by_image in zip(weights, sums, strict=True)], axis=0)
        for weights in resampling.blocks(layers, flat.shape[1], bootstrap)
    ]
    shape = (len(names), len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        point = strengths(flat.sum(0).reshape(shape))
        draws = strengths(np.concatenate(drawn).reshape(-1, *shape))
    answered = np.array([bool(verdicts) for verdicts in said], dtype=np.int64)
    return Board(point, draws, answered, asked)


def _rows(
    subject: Subject,
    board: Board,
    names: Sequence[str],
    layers: Sequence[Stratum],
    bootstrap: BootstrapConfig,
) -> Iterator[Estimate]:
    told = _teller(subject, board, layers, bootstrap)
    for index, name in enumerate(names):
        found = resampling.interval(
            float(board.point[index]), board.draws[:, index], bootstrap.level
        )
        note = "not defined: some responder has won or lost nothing"
        yield told(
            "bradley_terry", f"responder:{name}", found, note if found.value is None else None
        )


def _agreement(
    subject: Subject,
    board: Board,
    humans: Board,
    names: Sequence[str],
    layers: Sequence[Stratum],
    bootstrap: BootstrapConfig,
) -> Estimate:
    draws = _tau(board.draws, humans.draws)
    found = resampling.interval(float(_tau(board.point, humans.point)), draws, bootstrap.level)
    few = f"{len(names)} responders: two leaderboards of so few agree or disagree by luck"
    note = few if len(names) < FEW else None
    return _teller(subject, board, layers, bootstrap)("leaderboard_tau", "pooled", found, note)


def _tau(one: Floats, other: Floats) -> Floats:
    """Kendall's tau-a of two orders along the last axis."""
    first, second = (np.sign(x[..., :, None] - x[..., None, :]) for x in (one, other))
    size = one.shape[-1]
    return np.asarray((first * second).sum((-1, -2)) / (size * (size - 1)))


def _teller(
    subject: Subject, board: Board, layers: Sequence[Stratum], bootstrap: BootstrapConfig
) -> Callable[[str, str, resampling.Interval, str | None], Estimate]:
    about = resampling.scope(layers)
    unit = "images" if about.clustered else "rows, images unknown"

    def told(metric: str, group: str, found: resampling.Interval, note: str | None) -> Estimate:
        facts: dict[str, Any] = {
            "judge": subject.judge, "mode": subject.mode, "setting": subject.setting,
            "probe": subject.probe, "repeat_rule": subject.repeat_rule,
            "metric": metric, "group": group, "note": note,
            "value": found.value, "low": found.low, "high": found.high, "level": bootstrap.level,
            "method": f"percentile bootstrap of {unit} within sources, "
            f"{bootstrap.replicates} replicates",
            "n": int(board.answered.sum()),
            "n_missing": int((board.asked * (1 - board.answered)).sum()),
            "clusters": about.clusters, "clustered": about.clustered,
        }  # fmt: skip
        return Estimate(**facts)

    return told
