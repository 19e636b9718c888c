"""What the contrasts of a probe should find, as sums over a judge's probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tasks.measures.kinds import Floats
from tasks.probes.contrasts import Arm, reading
from tests.proof.pools import SCALE, Pool, verdicts_of
from tests.proof.recovered import Key


def contrast_truths(pool: Pool, given: Sequence[Floats], arms: Sequence[Arm]) -> dict[Key, float]:
    """The estimands of all arms by (arm, metric), for judges whose every answer is readable.

    Every sample counts alike; where an arm has several variants of a sample, they do.
    """
    by_slot: dict[str, list[tuple[str, Floats]]] = {}
    for (sample, ask), chance in zip(pool.asked, given, strict=True):
        if ask.question is None:
            by_slot.setdefault(sample.sample_id, []).append((ask.variant, chance[:-1]))
    rows = {row["sample_id"]: row for row in pool.frame.to_dicts()}
    found: dict[Key, float] = {}
    for arm in arms:
        sums: dict[str, list[tuple[float, float]]] = {}
        for sample_id, asked in by_slot.items():
            base = [chance for variant, chance in asked if arm.control(variant)]
            treated = [chance for variant, chance in asked if arm.treated(variant)]
            if base and treated:
                p, q = np.mean(base, axis=0), np.mean(treated, axis=0)
                for metric, pair in _of_sample(pool, rows[sample_id], arm, p, q).items():
                    sums.setdefault(metric, []).append(pair)
        wanted = {measure.name for measure in arm.only} or set(sums)
        for metric, pairs in sums.items():
            above, below = np.sum(pairs, axis=0)
            if below and metric in wanted:
                found[arm.name, metric] = float(above / below)
    return found


def _of_sample(
    pool: Pool, row: Mapping[str, object], arm: Arm, p: Floats, q: Floats
) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of each metric for one sample; p is the base, q the arm."""
    size = len(row["responses"])  # type: ignore[arg-type]
    names = verdicts_of(pool.mode, size)
    worth = reading(pool.mode, SCALE, row, arm.target(row) if arm.target else None)
    excess = float(((p - q) ** 2).sum() / 2)
    found = {"excess_change": (excess, 1.0), "unreadable_shift": (0.0, 1.0)}
    if worth.value is not None:
        value = np.array([worth.value(name) for name in names])
        rises = value[:, None] > value[None, :]
        found["effect"] = float((q - p) @ value), 1.0
        found["raised"] = float(q @ rises @ p - p @ rises @ p), 1.0
    if worth.loss is not None:
        found["loss_shift"] = float((q - p) @ np.array([worth.loss(name) for name in names])), 1.0
    if worth.right is not None and worth.taken is not None:
        right = float(p @ np.array([worth.right(name) for name in names], dtype=float))
        taken = np.array([worth.taken(name) for name in names], dtype=float)
        found["captured"] = right * float((q - p) @ taken), right
    return found
