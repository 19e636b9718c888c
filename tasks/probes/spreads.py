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
        value = reading(row["mode"], scale, row, target).value
        keyed = [key(row, cell.variant) for cell in cells if arm.treated(cell.variant)]
        if value is None or not keyed:
            return Counted(None, asked=False)
        means, unread = [], 0
        for belongs in sides:
            read = [c.verdict for c in cells if belongs(c.variant) and c.verdict is not None]
            if not read:
                return Counted(None, answered=False)
            unread += sum(belongs(c.variant) and c.verdict is None and not c.open for c in cells)
            means.append(sum(map(value, read)) / len(read))
        base, treated, *twins = means
        twin = twins[0] - base if twins else 0.0
        moved = spread.Moved(keys.index(keyed[0]), treated - base, twin)
        return Counted(moved, gaps=unread > 0)

    def of_image(moved: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        return spread.features([spread.Moved(int(one[0]), *one[1:]) for one in moved], len(keys))

    return Counting(features, (spread.SPREAD,), arm.name, together=of_image)
