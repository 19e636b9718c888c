"""What the measures of changed pictures could have been if every missing draw were known.

Exact for `agreement_lost` (where the label is a score that can be given) and `mismatch_auc`.
"""

from __future__ import annotations

from itertools import product

from data.records import Scale
from tasks.measures.imagery import (
    AGREEMENT,
    COLUMNS,
    Draws,
    agreement_features,
    mean,
    moments,
    score_features,
    wins,
)

TWINS = ("twinned", "eligible")  # what a sample could enter whose twin is missing


def agreement_limits(base: Draws, arm: Draws, label: str | None) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns of a pair if missing draws spoke for the arm, and against it."""
    given = agreement_features(base, arm, label) or (0.0,) * len(AGREEMENT)
    if label is None:
        return ((0.0,) * len(AGREEMENT),) * 2
    ends = [(1.0, *_right(base, arm, label, up)) for up in (False, True)]
    return tuple(tuple(new - old for new, old in zip(end, given, strict=True)) for end in ends)


def _right(base: Draws, arm: Draws, label: str | float, up: bool) -> tuple[float, float]:
    """How often base and arm equal the label, missing draws for the base (`up`) or for the arm."""
    kind = type(label)
    return (
        mean([up if v is None else kind(v) == label for v in base]),
        mean([not up if v is None else kind(v) == label for v in arm]),
    )


def score_limits(
    base: Draws, arm: Draws, scale: Scale, label: float | None
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns of a scored sample if missing draws were at the scale's ends.

    At first against the own picture, then for it; in the columns of correlations all missing
    scores at the low end, then at the high end, as `tasks/measures/correlation_bounds.py` wants.
    """
    given = score_features(base, arm, scale, label) or (0.0,) * len(COLUMNS)
    ends = []
    for up in (False, True):
        high, low = (scale.high, scale.low) if up else (scale.low, scale.high)
        before = [float(high if v is None else v) for v in base]
        after = [float(low if v is None else v) for v in arm]
        found = {"compared": 1.0} | dict.fromkeys(TWINS if len(base) > 1 else (), 1.0)
        found["above"] = mean([wins(b, a) for b, a in product(before, after)])
        if label is not None:
            right = _right(base, arm, label, up)
            found |= {"labelled": 1.0, "x": label, "xx": label * label}
            found |= {"right_base": right[0], "right_arm": right[1]}
            for name, draws in (("base", base), ("arm", arm)):
                said = [float(high if v is None else v) for v in draws]
                found |= moments(name, said, label)
                found[f"gap_{name}"] = mean([v is None for v in draws])
        ends.append(found)
    return tuple(
        tuple(end.get(name, old) - old for name, old in zip(COLUMNS, given, strict=True))
        for end in ends
    )
