"""Dots beside lines: left or right, some pixels off."""

from __future__ import annotations

from random import Random

from data.make.canvas import COLOURS, FAINT, INK, WIDTH, Canvas
from data.make.graded.kinds import Doubt, GradedPicture

_TOP, _ROOM, _RADIUS = 28, 74, 6
_SAYS = ("in row {row} the dot lies to the {{0}} of the line above it.",
         "the dot of row {row} is shifted to the {{0}} of its line.",
         "seen from the line in row {row}, the dot is further {{0}}.")  # fmt: skip


def draw(rng: Random, doses: tuple[float, ...]) -> GradedPicture:
    """A row for each dose, with a dot as many pixels to one side of the line above it."""
    seats = rng.sample(range(len(doses)), len(doses))
    canvas = Canvas()
    hue = COLOURS[rng.choice(("red", "blue", "purple", "green"))]
    doubts = []
    for dose, seat in zip(doses, seats, strict=True):
        sides = ["left", "right"]
        rng.shuffle(sides)
        truth, error = sides
        top, x = _TOP + _ROOM * seat, rng.randrange(160, WIDTH - 60)
        dot, y = x + (dose if truth == "right" else -dose), top + 46
        canvas.text((40, top + 24), f"Row {seat + 1}", 16, "lm", FAINT)
        line = canvas.rectangle((x - 1, top, x + 1, top + 32), INK)
        mark = canvas.ellipse((dot - _RADIUS, y - _RADIUS, dot + _RADIUS, y + _RADIUS), hue)
        doubts.append(
            Doubt(
                dose=dose,
                instruction=f"Does the centre of the dot in row {seat + 1} lie to the left or to "
                "the right of the vertical line above it?",
                says=tuple(said.format(row=seat + 1) for said in _SAYS),
                truth=truth,
                error=error,
                box=(min(line[0], mark[0]), line[1], max(line[2], mark[2]), mark[3]),
            )
        )
    return GradedPicture(canvas.png(), tuple(doubts))
