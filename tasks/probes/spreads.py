"""How far a change's effect differs between its wordings, or the groups that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data.records import Scale
from tasks.measures import spread
from tasks.probes.contrasts import Arm, Row, named, reading
from tasks.probes.rows import Cell, Counted, Counting


def at_the_end(row: Row, variant: str) -> str:
    """The key with which a variant's name ends."""
    return variant.rpartition("/")[2]


def spread_of(
    arm: Arm,
    keys: Sequence[str],
    scale: Scale,
    key: Callable[[Row, str], str] = at_the_end,
) -> Counting:
    """The effects of an arm by the key that a sample got, less those of its neutral twin.

    The twin is the arm's control; an arm beside the base has none, and nothing is taken off.
    """
    sides = [named("base"), arm.treated]
    if not arm.control("base"):
        sides.append(arm.control)

    def features(row: Row, cells: Sequence[Cell]) -> Counted:
        target = arm.target(row) if arm.target else None
        worth = reading(row["mode"], scale, row, target)
        keyed = [key(row, cell.variant) for cell in cells if arm.treated(cell.variant)]
        if worth.value is None or not keyed:
            return Counted(None, asked=False)
        asked = [
            [c.verdict for c in cells if belongs(c.variant) and not c.open] for belongs in sides
        ]
        if not all(asked):  # not answered yet is no refusal
            return Counted(None, answered=False)
        group = keys.index(keyed[0])
        moved = spread.moved(group, asked, worth.value)
        limits = None
        if any(None in draws for draws in asked):
            limits = spread.moved_limits(group, asked, worth.value, (worth.low, worth.high))
        return Counted(moved, limits, answered=moved is not None, gaps=limits is not None)

    def of_image(moved: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        return spread.features([spread.Moved(int(one[0]), *one[1:]) for one in moved], len(keys))

    return Counting(features, (spread.SPREAD,), arm.name, together=of_image)
