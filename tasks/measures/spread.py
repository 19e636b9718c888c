"""How far a change's effect differs between groups of samples, beyond what noise alone gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure
from tasks.measures.spread_limits import spread_limits

Draws = Sequence[str | None]


class Moved(NamedTuple):
    """One sample: its group, and the effects of the change and of its neutral twin on it."""

    group: int
    effect: float
    twin: float


def moved(group: int, asked: Sequence[Draws], value: Callable[[str], float]) -> Moved | None:
    """One sample's effects from its draws as asked, under the change and under its twin, if any.

    `None` where one of them has no readable draw.
    """
    read = [[verdict for verdict in draws if verdict is not None] for draws in asked]
    if not all(read):
        return None
    base, *others = (sum(map(value, draws)) / len(draws) for draws in read)
    return _moved(group, [other - base for other in others])


def moved_limits(
    group: int,
    asked: Sequence[Draws],
    value: Callable[[str], float],
    ends: tuple[float, float],
) -> tuple[Moved, Moved]:
    """One sample's effects at their least, then at their most; `ends` are those of a value."""
    least, most = (
        [sum(end if v is None else value(v) for v in draws) / len(draws) for draws in asked]
        for end in ends
    )
    return (
        _moved(group, [other - most[0] for other in least[1:]]),
        _moved(group, [other - least[0] for other in most[1:]]),
    )


def _moved(group: int, effects: Sequence[float]) -> Moved:
    effect, *twin = effects
    return Moved(group, effect, *twin) if twin else Moved(group, effect, 0.0)


def features(moved: Sequence[Moved], groups: int) -> tuple[float, ...]:
    """The sums' columns of one image, from all its samples.

    By group: whether there are samples, how many, the sum of their effects and of their twins'
    effects. Then the products of any two groups: of the numbers, and for effects and twins of
    numbers by sums and of the sums.
    """
    count, effects, twins = np.zeros((3, groups))
    for sample in moved:
        count[sample.group] += 1
        effects[sample.group] += sample.effect
        twins[sample.group] += sample.twin
    products = [np.outer(count, count)]
    for sums in (effects, twins):
        products += [np.outer(count, sums), np.outer(sums, sums)]
    rows = [count > 0, count, effects, twins, *(product.ravel() for product in products)]
    return tuple(map(float, np.concatenate(rows)))


def effect_spread(sums: Floats, columns: Columns) -> Floats:
    """Standard deviation of the mean effect between groups, in the effect's unit, beyond noise.

    The root of the groups' variance less the same of the neutral twin in the same groups, with the
    difference's sign: groups treated alike give 0 on average, as often below it as above. Each
    variance is less what differences between images make of it, which a change may add to: samples
    of one image, in one group or in several, are no independent ones. Groups of fewer than two
    images are left out.
    """
    groups = _groups(sums.shape[-1])
    images, count, *totals = np.split(sums[..., : 4 * groups], 4, -1)
    both, *products = np.split(sums[..., 4 * groups :], 5, -1)
    square = (*sums.shape[:-1], groups, groups)
    both, products = both.reshape(square), [each.reshape(square) for each in products]
    there = images > 1
    number = there.sum(-1)
    share = there / np.maximum(number, 1)[..., None]
    few = np.sqrt(np.where(there, images / np.maximum(images - 1, 1), 0.0))  # of few images
    found = []
    for total, (mixed, squares) in zip(totals, (products[:2], products[2:]), strict=True):
        mean = total / np.where(there, count, 1.0)
        across = mean[..., :, None] * mixed
        apart = squares - across - np.swapaxes(across, -1, -2)
        apart = apart + mean[..., :, None] * mean[..., None, :] * both
        scale = few / np.where(there, count, 1.0)
        noise = apart * scale[..., :, None] * scale[..., None, :]
        own = (np.diagonal(noise, axis1=-2, axis2=-1) * share).sum(-1)
        shared = (noise * share[..., :, None] * share[..., None, :]).sum((-1, -2))
        centred = mean - (mean * share).sum(-1, keepdims=True)
        found.append((centred**2 * share).sum(-1) - (own - shared))
    beyond = found[0] - found[1]
    return np.where(number > 1, np.sign(beyond) * np.sqrt(np.abs(beyond)), np.nan)


def _groups(width: int) -> int:
    """How many groups that many columns are of: 4 g + 5 g^2."""
    return round((math.sqrt(16 + 20 * width) - 4) / 10)


SPREAD = Measure(
    "effect_spread", None, "lower", effect_spread,
    limits=spread_limits(_groups), undefined="fewer than two groups of two images",
)  # fmt: skip
MEASURES = (SPREAD,)
