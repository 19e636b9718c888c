"""Rules of published evaluations that differ from ours, by name, so that their figures come out.

Each is shown beside our own rule, never instead of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def llmbar_consistent(base: str | None, swapped: str | None) -> bool:
    """LLMBar's order consistency of a pair: the two winners are equal, or neither is readable.

    121 pairs in 54 published files have two unreadable answers. Our `position_consistency` leaves
    pairs with an unreadable answer out and counts them as missing, which moves those files by up to
    3.1 points.
    """
    return base == swapped


def viescore_mean(correlations: Sequence[float]) -> float:
    """VIEScore's mean of correlations: tanh of their plain mean, undefined ones left out.

    The back-transform of Fisher's z without the transform: it shrinks every figure (a human against
    two others of .66 becomes .58). `fisher_mean` is the mean it stands for.
    """
    return math.tanh(float(np.mean(_defined(correlations))))


def fisher_mean(correlations: Sequence[float]) -> float:
    """Mean of correlations over Fisher's z: tanh of the mean of artanh r, undefined ones left out.

    Source: Fisher (1921).
    """
    return math.tanh(float(np.mean(np.arctanh(_defined(correlations)))))


def fisher_interval(correlation: float, n: int, level: float) -> tuple[float, float]:
    """Fisher's interval of Pearson's r over `n` independent rows: tanh(z -+ q / sqrt(n - 3)).

    A check of the bootstrap where every row is an image of its own.
    """
    from scipy.stats import norm

    reach = float(norm.ppf((1 + level) / 2)) / math.sqrt(n - 3)
    middle = math.atanh(correlation)
    return math.tanh(middle - reach), math.tanh(middle + reach)


def pope_says_yes(answer: str) -> bool:
    """POPE's reading of an answer: no if its first sentence holds "No", "no" or "not", else yes.

    Whatever cannot be read counts as yes; our parser calls it unparsed.
    """
    words = answer.split(".")[0].replace(",", "").split(" ")
    return not {"No", "no", "not"} & set(words)


def _defined(values: Sequence[float]) -> list[float]:
    kept = [value for value in values if not math.isnan(value)]
    if not kept:
        raise ValueError("no correlation is defined")
    return kept
