"""How far a change's effect differs between groups of samples, beyond what noise alone gives."""

from __future__ import annotations

import numpy as np

from tasks.measures.kinds import Columns, Floats, Measure

PER_GROUP = 5  # samples; effects of the change, of its neutral twin; their squares


def features(group: int, groups: int, effect: float, twin: float) -> tuple[float, ...]:
    """The sums' columns of one sample that belongs to a group."""
    row = [0.0] * (groups * PER_GROUP)
    own = slice(group * PER_GROUP, (group + 1) * PER_GROUP)
    row[own] = 1.0, effect, twin, effect**2, twin**2
    return tuple(row)


def effect_spread(sums: Floats, columns: Columns) -> Floats:
    """Standard deviation of the mean effect between groups, in the effect's unit, beyond noise.

    The root of the groups' variance less the same of the neutral twin in the same groups, with the
    difference's sign: groups treated alike give 0 on average, as often below it as above. Each
    variance is less what differences within groups make of it, which a change may add to. Groups
    of fewer than two samples are left out.
    """
    by_group = sums.reshape(*sums.shape[:-1], -1, PER_GROUP)
    count = by_group[..., :1]
    there = count > 1
    means = by_group[..., 1:3] / np.where(there, count, 1.0)
    within = by_group[..., 3:] / np.where(there, count, 1.0) - means**2
    noise = within / np.where(there, count - 1, 1.0)
    groups = there.sum(-2)
    share = there / np.maximum(groups, 1)[..., None]
    centred = means - (means * share).sum(-2, keepdims=True)
    kept = (groups - 1) / np.maximum(groups, 1)  # of the noise, once the mean is taken off
    variance = (centred**2 * share).sum(-2) - kept * (noise * share).sum(-2)
    beyond = variance[..., 0] - variance[..., 1]
    return np.where(groups[..., 0] > 1, np.sign(beyond) * np.sqrt(np.abs(beyond)), np.nan)


SPREAD = Measure("effect_spread", None, "lower", effect_spread, bounded=False)
MEASURES = (SPREAD,)
