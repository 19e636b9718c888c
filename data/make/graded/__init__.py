"""Graded pictures: fresh, exact, and asked about with errors of growing size.

Five dimensions, each with its doses in a physical unit. A picture serves every dose of its
dimension. Everything follows from dimension, number and seed; the demo set is not touched.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from data.make.graded import colour, count, position, text, value
from data.make.graded.kinds import Dimension

if TYPE_CHECKING:
    from data.make.graded.kinds import GradedPicture

GRADED_VERSION = 1  # raise it whenever the same arguments give other pictures or statements
DIMENSIONS: dict[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("value", "% of the value", (1, 2, 5, 10, 20, 50), value.draw),
        Dimension("count", "objects", (1, 2, 3, 4, 5), count.draw),
        Dimension("text", "pixels of capital height", (4, 6, 8, 12, 16, 24), text.draw),
        Dimension("colour", "CIE 1976 colour difference", (1, 2, 4, 8, 16, 32), colour.draw),
        Dimension("position", "pixels of shift", (1, 2, 4, 8, 16, 32), position.draw),
    )
}


def graded_picture(dimension: str, number: int, seed: int) -> GradedPicture:
    """Picture `number` of a dimension; equal arguments give equal pictures and statements."""
    drawn = DIMENSIONS[dimension]
    rng = Random(f"graded-{GRADED_VERSION}/{seed}/{dimension}/{number}")
    return drawn.draw(rng, drawn.doses)
