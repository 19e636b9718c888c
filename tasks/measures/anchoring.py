"""Anchoring: how far a score follows the score that is attached to a reference answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "slope")


def features(by_score: Mapping[int, Sequence[float]]) -> tuple[float, ...]:
    """The sums' columns of one sample, from its readable scores by the attached score.

    Nothing where an attached score has no readable answer: the others would not be balanced.
    """
    if len(by_score) < 2 or not all(by_score.values()):
        return (0.0, 0.0)
    middle = sum(by_score) / len(by_score)
    above = sum((k - middle) * sum(own) / len(own) for k, own in by_score.items())
    return 1.0, above / sum((k - middle) ** 2 for k in by_score)


def anchor_slope(sums: Floats, columns: Columns) -> Floats:
    """Points by which the score follows each point of the reference's attached score.

    The mean over samples of the least-squares slope over all attached scores, the reference's
    text being the same; 0 is a judge that does not heed them, 1 one that repeats them.
    """
    return ratio(sums[..., COLUMNS.index("slope")], sums[..., 0])


MEASURES = (Measure("anchor_slope", "score", "neither", anchor_slope, bounded=False),)
