"""Patches beside a reference: one has its colour, the other a colour at a known distance."""

from __future__ import annotations

import math
from itertools import product
from random import Random

from data.make.canvas import FAINT, Canvas
from data.make.graded.kinds import Doubt, GradedPicture

Triple = tuple[float, float, float]
Rgb = tuple[int, int, int]

_TOP, _ROOM, _SIDE = 16, 76, 56
_LEFT, _MIDDLE, _RIGHT = 190, 330, 470
_SAYS = ("in row {row} the {{0}} patch has the colour of the middle one.",
         "the middle patch of row {row} is matched by the {{0}} one.",
         "row {row}: the {{0}} patch and the middle patch are of the same colour.")  # fmt: skip
_WHITE = (0.95047, 1.0, 1.08883)  # D65
_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def draw(rng: Random, doses: tuple[float, ...]) -> GradedPicture:
    """A row for each dose: the middle patch, its match, and a patch as far from it."""
    seats = rng.sample(range(len(doses)), len(doses))
    canvas = Canvas()
    doubts = []
    for dose, seat in zip(doses, seats, strict=True):
        middle, other = _two(rng, dose)
        sides = ["left", "right"]
        rng.shuffle(sides)
        truth, error = sides
        top = _TOP + _ROOM * seat
        canvas.text((40, top + _SIDE / 2), f"Row {seat + 1}", 16, "lm", FAINT)
        boxes = [
            canvas.rectangle((x, top, x + _SIDE, top + _SIDE), _hex(hue))
            for x, hue in (
                (_LEFT, middle if truth == "left" else other),
                (_MIDDLE, middle),
                (_RIGHT, middle if truth == "right" else other),
            )
        ]
        doubts.append(
            Doubt(
                dose=dose,
                instruction=f"Row {seat + 1} has three patches. Which of the outer ones, left or "
                "right, has exactly the colour of the middle one?",
                says=tuple(said.format(row=seat + 1) for said in _SAYS),
                truth=truth,
                error=error,
                box=(boxes[0][0], boxes[0][1], boxes[2][2], boxes[2][3]),
            )
        )
    return GradedPicture(canvas.png(), tuple(doubts))


def lab(rgb: Rgb) -> Triple:
    """CIE L*a*b* under D65 of an sRGB colour; source: IEC 61966-2-1 and CIE 15."""
    linear = [_linear(channel / 255) for channel in rgb]
    x, y, z = (
        _cube_root(sum(a * b for a, b in zip(row, linear, strict=True)) / white)
        for row, white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(first: Rgb, second: Rgb) -> float:
    """The CIE 1976 colour difference."""
    return math.dist(lab(first), lab(second))


def _two(rng: Random, dose: float) -> tuple[Rgb, Rgb]:
    """Two colours whose difference is the dose within 5 per cent."""
    while True:
        middle = (rng.randint(60, 200), rng.randint(60, 200), rng.randint(60, 200))
        other = _towards(middle, _direction(rng), dose)
        if other is not None and abs(distance(middle, other) / dose - 1) <= 0.05:
            return middle, other


def _towards(middle: Rgb, way: Triple, dose: float) -> Rgb | None:
    """The colour nearest to the dose on a straight way through RGB; `None` if it leaves RGB."""
    low, high = 0.0, 120.0
    for _ in range(20):
        step = (low + high) / 2
        here = _moved(middle, way, step)
        if here is not None and distance(middle, here) < dose:
            low = step
        else:
            high = step
    near = _moved(middle, way, high)
    if near is None:
        return None
    steps = product((-1, 0, 1), repeat=3)
    around = [_moved(near, (float(a), float(b), float(c)), 1.0) for a, b, c in steps]
    inside = [rgb for rgb in around if rgb is not None]
    return min(inside, key=lambda rgb: abs(distance(middle, rgb) - dose))


def _moved(rgb: Rgb, way: Triple, step: float) -> Rgb | None:
    r, g, b = (round(channel + part * step) for channel, part in zip(rgb, way, strict=True))
    return (r, g, b) if min(r, g, b) >= 0 and max(r, g, b) <= 255 else None


def _direction(rng: Random) -> Triple:
    parts = [rng.gauss(0, 1) for _ in range(3)]
    size = math.hypot(*parts)
    return parts[0] / size, parts[1] / size, parts[2] / size


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _cube_root(ratio: float) -> float:
    return ratio ** (1 / 3) if ratio > (6 / 29) ** 3 else ratio * (29 / 6) ** 2 / 3 + 4 / 29


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)
