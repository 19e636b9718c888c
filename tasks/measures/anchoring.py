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


def limits(
    by_score: Mapping[int, Sequence[float | None]], ends: tuple[float, float]
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if missing scores went against the attached score, or with it.

    Exact: each is at that end of the scale that lowers or raises the slope.
    """
    known = {k: [score for score in own if score is not None] for k, own in by_score.items()}
    given = features(known)
    middle = sum(by_score) / max(len(by_score), 1)
    found = []
    for up in (False, True):
        filled = {
            k: [ends[(k > middle) == up] if score is None else score for score in own]
            for k, own in by_score.items()
        }
        found.append(tuple(new - old for new, old in zip(features(filled), given, strict=True)))
    return tuple(found)


def anchor_slope(sums: Floats, columns: Columns) -> Floats:
    """Points by which the score follows each point of the reference's attached score.

    The mean over samples of the least-squares slope over all attached scores, the reference's
    text being the same; 0 is a judge that does not heed them, 1 one that repeats them.
    """
    return ratio(sums[..., COLUMNS.index("slope")], sums[..., 0])


MEASURES = (Measure("anchor_slope", "score", "neither", anchor_slope),)
