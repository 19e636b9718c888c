"""Agreement on which of two responses to one item is better, or that neither is (acc_eq).

A judge with a fine scale hardly ever gives two responses the same score, so a tie is called where
its scores differ by at most a threshold. The threshold is chosen on half of the items and used on
the other half, both ways round, anew in every replicate; nothing is tuned on what it is tested on.

Source: Deutsch, Foster and Freitag (2023), whose threshold is chosen in-sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.measures.evidence import NOTHING, Answers, Evidence, marks
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_score, label_verdicts

MOST_THRESHOLDS = 12
CHUNK = 500
FEW = 32
Scores = tuple[float, float]  # the human's and the judge's


def evidence(samples: Sequence[Mapping[str, Any]], answers: Answers) -> Evidence | None:
    """By half (an item's, from its name): items, and mean agreement at each threshold.

    `None` where no item has two scored responses. An item's sums stand at its first sample.
    """
    said, asked = marks(samples, answers)
    items: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        items.setdefault(sample["item_id"], []).append(index)
    scored = {
        item: [
            (combined_score(label_verdicts(samples[i])), combined_score(said[i]))
            for i in members
            if said[i]
        ]
        for item, members in items.items()
        if len(members) > 1
    }
    if not any(len(scores) > 1 for scores in scored.values()):
        return None
    thresholds = _thresholds(list(scored.values()))
    width = 1 + len(thresholds)
    features = np.zeros((len(samples), 2 * width))
    answered = np.zeros(len(samples), dtype=np.int64)
    for item, scores in scored.items():
        if len(scores) > 1:
            first, start = items[item][0], width * _half(item)
            features[first, start : start + width] = (1.0, *_agreement(scores, thresholds))
            answered[items[item]] = [bool(said[i]) for i in items[item]]
    compared = np.array([len(items[sample["item_id"]]) > 1 for sample in samples], dtype=np.int64)
    return Evidence(Columns(NOTHING, thresholds), features, answered, asked * compared)


def _half(item: str) -> int:
    return hashlib.sha256(item.encode()).digest()[0] & 1


def _thresholds(items: Sequence[Sequence[Scores]]) -> Floats:
    """Differences between a judge's scores within items, at most twelve, 0 among them."""
    found = np.zeros(1)
    for alike in {tuple(sorted({judge for _, judge in scores})) for scores in items}:
        given = np.array(alike)
        for rows in _chunks(given):
            gaps = np.abs(rows[:, None] - given[None, :])
            found = np.unique(np.concatenate([found, np.round(gaps, 9).ravel()]))
    if len(found) > MOST_THRESHOLDS:
        places = np.linspace(0, 1, MOST_THRESHOLDS)
        found = np.unique(np.quantile(found, places, method="nearest"))
    return found


def _agreement(scores: Sequence[Scores], thresholds: Floats) -> Floats:
    """Share of an item's response pairs with the human's order, at each threshold.

    Responses that both scored alike are counted together: their pairs are ties to both.
    """
    alike, times = np.asarray(scores, dtype=float), np.ones(len(scores), dtype=np.int64)
    if len(scores) > FEW:  # finding who is alike takes longer than comparing a few
        alike, times = np.unique(alike, axis=0, return_counts=True)
    right = np.full(len(thresholds), -float(len(scores)))  # each with itself is no pair
    for rows, weights in zip(_chunks(alike), _chunks(times), strict=True):
        human = np.sign(rows[:, None, 0] - alike[None, :, 0])
        judge = rows[:, None, 1] - alike[None, :, 1]
        pairs = weights[:, None] * times[None, :]
        for place, limit in enumerate(thresholds):
            called = np.where(np.abs(judge) <= limit + 1e-9, 0.0, np.sign(judge))
            right[place] += pairs[called == human].sum()
    return right / (len(scores) * (len(scores) - 1))


def _chunks(values: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Rows in parts that can be held against all rows at once."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _halves(sums: Floats, columns: Columns) -> tuple[Floats, Floats, Floats, Floats]:
    width = 1 + len(columns.judge)
    return sums[..., 0], sums[..., 1:width], sums[..., width], sums[..., width + 1 :]


def acc_eq(sums: Floats, columns: Columns) -> Floats:
    """Share of response pairs of an item ordered, or called equal, as the human scores them.

    Mean over items. The judge ties where its scores differ by at most a threshold chosen on the
    other half of the items.
    """
    n, right, other_n, other_right = _halves(sums, columns)
    here = np.take_along_axis(right, other_right.argmax(-1)[..., None], -1)[..., 0]
    there = np.take_along_axis(other_right, right.argmax(-1)[..., None], -1)[..., 0]
    return ratio(here + there, np.where((n > 0) & (other_n > 0), n + other_n, 0.0))


def acc_eq_equal(sums: Floats, columns: Columns) -> Floats:
    """Share of response pairs of an item ordered as the human scores them, ties only where equal.

    Mean over items; `acc_eq` without its threshold.
    """
    n, right, other_n, other_right = _halves(sums, columns)
    return ratio(right[..., 0] + other_right[..., 0], n + other_n)


MEASURES = (
    Measure("acc_eq", "score", "higher", acc_eq),
    Measure("acc_eq_equal", "score", "higher", acc_eq_equal),
)
