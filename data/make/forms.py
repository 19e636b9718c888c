"""The forms of the shapes scene, each drawn around a middle point."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from data.make.canvas import Canvas, Point
from data.make.facts import Box

RADIUS = 36
Draw = Callable[[Canvas, Point, str], object]


def box_of_form(middle: Point) -> Box:
    """The box of a form around its middle."""
    x, y = round(middle[0]), round(middle[1])
    return (x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)


def _corners(middle: Point, angles: list[float], radii: list[float]) -> list[Point]:
    x, y = middle
    return [(x + r * sin(a), y - r * cos(a)) for a, r in zip(angles, radii, strict=True)]


def _polygon(number: int, turn: float = 0.0) -> Draw:
    angles = [turn + 2 * pi * k / number for k in range(number)]
    return lambda canvas, middle, fill: canvas.polygon(
        _corners(middle, angles, [RADIUS] * number), fill
    )


def _star(canvas: Canvas, middle: Point, fill: str) -> None:
    radii = [RADIUS, 0.45 * RADIUS] * 5
    canvas.polygon(_corners(middle, [pi * k / 5 for k in range(10)], radii), fill)


FORMS: dict[str, Draw] = {
    "circle": lambda canvas, middle, fill: canvas.ellipse(box_of_form(middle), fill),
    "diamond": _polygon(4),
    "hexagon": _polygon(6, pi / 6),
    "square": _polygon(4, pi / 4),
    "star": _star,
    "triangle": _polygon(3),
}
