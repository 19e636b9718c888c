"""Boxes of dots: a count stated n off."""

from __future__ import annotations

from random import Random

from data.make.canvas import COLOURS, FAINT, WIDTH, Canvas
from data.make.facts import Box
from data.make.graded.kinds import Doubt, GradedPicture

_TOP, _BASE, _RADIUS = 70, 440, 7
_COLUMNS, _ROWS = 4, 13  # places for dots in a box
_LEAST = (5, 12)  # of the smaller number
_SAYS = ("box {box} holds {{0}} dots.", "there are {{0}} dots in box {box}.",
         "the number of dots in box {box} is {{0}}.")  # fmt: skip


def draw(rng: Random, doses: tuple[float, ...]) -> GradedPicture:
    """A box for each dose, with one of two numbers of dots that differ by it."""
    seats = rng.sample(range(len(doses)), len(doses))
    canvas = Canvas()
    hue = rng.choice(list(COLOURS.values()))
    doubts = []
    for dose, seat in zip(doses, seats, strict=True):
        low = rng.randint(*_LEAST)
        pair = [low, low + int(dose)]
        rng.shuffle(pair)
        truth, error = pair
        box = _box(canvas, rng, seat, len(doses), truth, hue)
        doubts.append(
            Doubt(
                dose=dose,
                instruction=f"How many dots are in box {seat + 1}?",
                says=tuple(said.format(box=seat + 1) for said in _SAYS),
                truth=str(truth),
                error=str(error),
                box=box,
            )
        )
    return GradedPicture(canvas.png(), tuple(doubts))


def _box(canvas: Canvas, rng: Random, seat: int, seats: int, dots: int, hue: str) -> Box:
    room = (WIDTH - 20) / seats
    left, right = 10 + room * seat + 4, 10 + room * (seat + 1) - 4
    canvas.text(((left + right) / 2, _TOP - 24), f"Box {seat + 1}", 18, "mm")
    frame = canvas.rectangle((left, _TOP, right, _BASE), None, FAINT)
    wide, high = (right - left) / _COLUMNS, (_BASE - _TOP) / _ROWS
    for place in rng.sample(range(_COLUMNS * _ROWS), dots):
        row, column = divmod(place, _COLUMNS)
        x = left + wide * (column + 0.5) + rng.uniform(-4, 4)
        y = _TOP + high * (row + 0.5) + rng.uniform(-4, 4)
        canvas.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), hue)
    return frame
