"""How far a change's effect differs between groups of samples, beyond what noise alone gives."""

from __future__ import annotations

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure

PER_GROUP = 3  # samples, effect of the change, effect of its neutral twin


def features(group: int, groups: int, effect: float, twin: float) -> tuple[float, ...]:
    """The sums' columns of one sample that belongs to a group."""
    row = [0.0] * (groups * PER_GROUP)
    row[group * PER_GROUP : (group + 1) * PER_GROUP] = 1.0, effect, twin
    return tuple(row)


def effect_spread(sums: Floats, columns: Columns) -> Floats:
    """Standard deviation of the mean effect between groups, in the effect's unit, beyond noise.

    The root of var(effects) less var(effects of the neutral twin in the same groups), with the
    difference's sign: both hold the same noise, so that groups treated alike give 0 on average,
    as often below it as above.
    """
    by_group = sums.reshape(*sums.shape[:-1], -1, PER_GROUP)
    count = by_group[..., 0]
    there = count > 0
    means = by_group[..., 1:] / np.where(there, count, 1.0)[..., None]
    groups = there.sum(-1)
    share = there[..., None] / np.maximum(groups, 1)[..., None, None]
    centred = means - (means * share).sum(-2, keepdims=True)
    variance = (centred**2 * share).sum(-2)
    beyond = variance[..., 0] - variance[..., 1]
    return np.where(groups > 1, np.sign(beyond) * np.sqrt(np.abs(beyond)), np.nan)


SPREAD = Measure("effect_spread", None, "lower", effect_spread, bounded=False)
MEASURES = (SPREAD,)
