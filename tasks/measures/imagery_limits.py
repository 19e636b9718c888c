"""What the measures of changed pictures could have been if every missing draw were known.

Exact for `agreement_lost` (where the label is a score that can be given), `mismatch_auc`,
`bias_deviation`, and `bias_conformity` where draws of one side alone are missing; the excesses are
exact where only the changed picture's are. Twins take every two draws at the end that serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

from data.records import Scale
from tasks.measures.imagery import (
    AGREEMENT,
    COLUMNS,
    Draws,
    agreement_features,
    fall,
    kept,
    mean,
    moments,
    score_features,
    wins,
)

Scores = Sequence[float | None]


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
        found = {"compared": 1.0} | _twinned(_scores(base), _scores(arm), scale, up)
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


def _scores(draws: Draws) -> list[float | None]:
    return [None if verdict is None else float(verdict) for verdict in draws]


def _twinned(base: Scores, arm: Scores, scale: Scale, up: bool) -> dict[str, float]:
    """The columns of deviation and conformity, both at their most (`up`) or at their least.

    A missing base score is above the lowest; `maybe` is what its being the lowest takes out.
    """
    if len(base) < 2:
        return {}
    own = [mean([_fall(y, other, scale, up) for other in arm]) for y in base]
    others = [[*base[:at], *base[at + 1 :]] for at in range(len(base))]
    twin = [
        mean([_fall(y, z, scale, up) for z in rest]) for y, rest in zip(base, others, strict=True)
    ]
    missing = [y is None for y in base]
    return {
        "twinned": 1.0,
        "kept": _kept(base, arm, scale, up),
        "kept_twin": _kept(base, None, scale, up),
        "eligible": mean([y is None or y > scale.low for y in base]),
        "fall": mean(own),
        "fall_twin": mean(twin),
        "maybe_eligible": mean(missing),
        "maybe_fall": mean([value * gap for value, gap in zip(own, missing, strict=True)]),
        "maybe_fall_twin": mean([value * gap for value, gap in zip(twin, missing, strict=True)]),
    }


def _fall(y: float | None, other: float | None, scale: Scale, up: bool) -> float:
    """The most or the least that a base score falls; a missing one is above the lowest."""
    if other is None:
        return float(up and (y is None or y > scale.low))
    if y is None:  # the higher it is, the larger a share of its way down the same score is
        return fall(scale.high, other, scale) if up else float(other <= scale.low)
    return fall(y, other, scale)


def _kept(base: Scores, arm: Scores | None, scale: Scale, up: bool) -> float:
    """The most or the least of the mean nearness; without an arm that of every two base scores.

    Along one missing score it turns only at the known ones and at the scale's ends and middle.
    """
    best = max if up else min
    mine, its = ([y for y in draws if y is not None] for draws in (base, arm or base))
    lost, its_lost = len(base) - len(mine), len(arm or base) - len(its)
    turns = {scale.low, (scale.low + scale.high) / 2, scale.high, *mine, *its}
    pairs = product(mine, its) if arm is not None else permutations(mine, 2)
    total = sum(kept(y, other, scale) for y, other in pairs)
    total += lost * best(sum(kept(y, other, scale) for other in its) for y in turns)
    total += its_lost * best(sum(kept(y, other, scale) for y in mine) for other in turns)
    both = lost * (its_lost if arm is not None else lost - 1)
    every = len(base) * (len(base) - 1 if arm is None else len(arm))
    return (total + up * both) / every
