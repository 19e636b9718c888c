"""Two ways of judging the same samples: the primary agreement measure of each, and the price.

Columns of the plain way stand before those of the changed one. A score's are moments, whose
Pearson correlation equals that of the joint counts; a pair's and a ranking's are means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from data.records import Mode
from tasks.measures.batch import features as ranking_features
from tasks.measures.correlation_bounds import Places, limits_of
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, combined_score

SIDE = ("n", "scored", "h", "j", "hh", "jj", "hj", "gap")
WIDTH = len(SIDE)
PLAIN = Places(*map(SIDE.index, ("scored", "h", "j", "jj", "gap")))
CHANGED = Places(*(WIDTH + place for place in dataclasses.astuple(PLAIN)))
PRICE = (
    "n", "usd_plain", "usd_changed", "unpriced", "tokens_plain", "tokens_changed", "uncounted",
    "escalated", "sure",
)  # fmt: skip


def side(mode: Mode, labels: Sequence[str], verdicts: Sequence[str]) -> tuple[float, ...]:
    """The columns of one sample judged one way: means over its answers, each worth the same."""
    if mode == "score":
        h, said = combined_score(labels), [float(verdict) for verdict in verdicts]
        j, jj = sum(said) / len(said), sum(s * s for s in said) / len(said)
        return 1.0, 1.0, h, j, h * h, jj, h * j, 0.0
    if mode == "pair":
        label = combined_choice(labels)
        worth = sum(verdict == label for verdict in verdicts) / len(verdicts)
    else:
        taus = [ranking_features(label, verdict)[2] for label in labels for verdict in verdicts]
        worth = sum(taus) / len(taus)
    return 1.0, 0.0, 0.0, worth, 0.0, 0.0, 0.0, 0.0


def filled(
    mode: Mode, labels: Sequence[str], verdicts: Sequence[str | None], ends: tuple[float, float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The columns with each missing verdict at its worst and best; a score's at the scale's `ends`.

    No ranking is worth less than -1 or more than 1, whatever its labels.
    """
    read = [verdict for verdict in verdicts if verdict is not None]
    gap = 1 - len(read) / len(verdicts)
    known = side(mode, labels, read) if read else None
    h = combined_score(labels) if mode == "score" else 0.0
    j, jj = (known[3], known[5]) if known is not None else (0.0, 0.0)
    low, high = ends if mode == "score" else ((0.0, 1.0) if mode == "pair" else (-1.0, 1.0))
    rows = []
    for end in (low, high):
        mean = (1 - gap) * j + gap * end
        if mode == "score":
            square = (1 - gap) * jj + gap * end * end
            rows.append((1.0, 1.0, h, mean, h * h, square, h * mean, gap))
        else:
            rows.append((1.0, 0.0, 0.0, mean, 0.0, 0.0, 0.0, gap))
    return rows[0], rows[1]


def limits(
    mode: Mode,
    labels: Sequence[str],
    ways: Sequence[Sequence[str | None]],
    ends: tuple[float, float],
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns of both ways if what is missing spoke against and for each.

    Of the shift first at its highest, then at its lowest; scores have both ways at the same end.
    """
    read = [[verdict for verdict in way if verdict is not None] for way in ways]
    known = [0.0] * (2 * WIDTH)
    if all(read):
        known = [value for own in read for value in side(mode, labels, own)]
    plain, changed = (filled(mode, labels, way, ends) for way in ways)
    turn = 0 if mode == "score" else 1
    return tuple(
        tuple(
            new - old for new, old in zip((*plain[case], *changed[case ^ turn]), known, strict=True)
        )
        for case in (0, 1)
    )


def headline(sums: Floats) -> Floats:
    """The primary measure of one way: Pearson's r of scores, else the mean worth."""
    n, scored, h, j, hh, jj, hj = (sums[..., at] for at in range(WIDTH - 1))
    return np.where(scored > 0, _pearson(n, h, j, hh, jj, hj), ratio(j, n))


def _pearson(n: Floats, h: Floats, j: Floats, hh: Floats, jj: Floats, hj: Floats) -> Floats:
    spread_h, spread_j = n * hh - h * h, n * jj - j * j
    varies = (spread_h > 1e-9 * n * hh) & (spread_j > 1e-9 * n * jj)
    spread = np.where(varies, spread_h * spread_j, 0.0)
    return ratio(n * hj - h * j, np.sqrt(spread))


def agreement_plain(sums: Floats, columns: Columns) -> Floats:
    """The mode's primary agreement measure of single base answers, on the samples both ways read.

    Scores: Pearson correlation; pairs: accuracy with ties; rankings: Kendall tau.
    """
    return headline(sums[..., :WIDTH])


def agreement_changed(sums: Floats, columns: Columns) -> Floats:
    """The mode's primary agreement measure of the changed way of judging, on the same samples."""
    return headline(sums[..., WIDTH:])


def agreement_shift(sums: Floats, columns: Columns) -> Floats:
    """Change of the mode's primary agreement measure on the same samples, paired."""
    return agreement_changed(sums, columns) - agreement_plain(sums, columns)


def _price(sums: Floats, name: str) -> Floats:
    return sums[..., PRICE.index(name)]


def price_ratio(sums: Floats, columns: Columns) -> Floats:
    """Price of a judgement under the change over that of a plain one, from the tokens billed.

    Not defined where the price of any of the judges is unknown or nothing is billed.
    """
    known = _price(sums, "unpriced") == 0
    found = ratio(_price(sums, "usd_changed"), _price(sums, "usd_plain"))
    return np.where(known, found, np.nan)


def usd_per_1000(sums: Floats, columns: Columns) -> Floats:
    """USD for 1,000 judgements under the change, from the tokens billed.

    Not defined where the price of any of the judges is unknown.
    """
    known = _price(sums, "unpriced") == 0
    return np.where(known, 1000 * ratio(_price(sums, "usd_changed"), _price(sums, "n")), np.nan)


def token_ratio(sums: Floats, columns: Columns) -> Floats:
    """Tokens of a judgement under the change, read and written, over those of a plain one."""
    known = _price(sums, "uncounted") == 0
    found = ratio(_price(sums, "tokens_changed"), _price(sums, "tokens_plain"))
    return np.where(known, found, np.nan)


def escalated(sums: Floats, columns: Columns) -> Floats:
    """Share of samples that a cascade hands to the strong judge."""
    return ratio(_price(sums, "escalated"), _price(sums, "n"))


def sure_at(sums: Floats, columns: Columns) -> Floats:
    """How sure the cheap judge of a cascade must be for its verdict to stand; mean over samples.

    Chosen for each on other images. Above 1 where none of them was good enough on some.
    """
    return ratio(_price(sums, "sure"), _price(sums, "n"))


AGREEMENT = tuple(
    Measure(value.__name__, None, "higher", value, labelled=True, limits=limits_of(*places))
    for value, places in (
        (agreement_plain, (PLAIN,)),
        (agreement_changed, (CHANGED,)),
        (agreement_shift, (CHANGED, PLAIN)),
    )
)
COST = (
    Measure(
        "price_ratio", None, "lower", price_ratio,
        bounded=False, certain=True, undefined="a price is unknown, or nothing is billed",
    ),
    Measure(
        "usd_per_1000", None, "lower", usd_per_1000,
        bounded=False, certain=True, undefined="a price is unknown",
    ),
    Measure(
        "token_ratio", None, "lower", token_ratio,
        bounded=False, certain=True, undefined="a count of tokens is unknown, or nothing is billed",
    ),
)  # fmt: skip
CASCADE = (
    Measure("escalated", None, "lower", escalated, bounded=False, certain=True),
    Measure("sure_at", None, "neither", sure_at, bounded=False, certain=True),
)
MEASURES = (*AGREEMENT, *COST, *CASCADE)
