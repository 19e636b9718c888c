"""Bars without figures on them: a value stated x per cent off."""

from __future__ import annotations

from random import Random

from data.make.canvas import COLOURS, FAINT, INK, RULE, WIDTH, Canvas
from data.make.facts import Box
from data.make.graded.kinds import Doubt, GradedPicture
from data.make.words import PLACES

_LEFT, _RIGHT, _TOP, _BASE = 74, WIDTH - 24, 66, 426
_MOST = 10_000
_LEAST = (3000, 6300)  # of the smaller value, so that the larger one stays on the axis at 50 %
_SAYS = ("the bar of {place} stands at {{0}}.", "for {place} the chart gives {{0}}.",
         "{place}'s bar reaches {{0}}.")  # fmt: skip
_TITLES = ("Visitors in one season", "Letters sorted in May", "Trees counted by parish",
           "Tickets sold in autumn", "Litres drawn from the spring")  # fmt: skip


def draw(rng: Random, doses: tuple[float, ...]) -> GradedPicture:
    """A bar for each dose; the larger of its two values is that per cent above the smaller one."""
    places = rng.sample(PLACES, len(doses))
    pairs = [_pair(rng, dose) for dose in doses]
    seats = rng.sample(range(len(doses)), len(doses))  # the dose must not follow from the place
    canvas = Canvas()
    _axes(canvas, rng.choice(_TITLES))
    hues = rng.sample(list(COLOURS.values()), len(doses))
    doubts = []
    for dose, place, (truth, error), seat in zip(doses, places, pairs, seats, strict=True):
        box = _bar(canvas, seat, len(doses), truth, hues[seat])
        canvas.text(((box[0] + box[2]) / 2, _BASE + 18), place, 15, "mm")
        doubts.append(
            Doubt(
                dose=dose,
                instruction=f"Which value does the bar of {place} have? Read it from the chart as "
                "exactly as you can.",
                says=tuple(said.format(place=place) for said in _SAYS),
                truth=str(truth),
                error=str(error),
                box=box,
            )
        )
    return GradedPicture(canvas.png(), tuple(doubts))


def _pair(rng: Random, dose: float) -> tuple[int, int]:
    """Truth and error; either is the larger one as often."""
    low = rng.randint(*_LEAST)
    high = round(low * (1 + dose / 100))
    return (low, high) if rng.random() < 0.5 else (high, low)


def _axes(canvas: Canvas, title: str) -> None:
    canvas.text((WIDTH / 2, 28), title, 20, "mm")
    for tick in range(0, _MOST + 1, 1000):
        y = _height(tick)
        canvas.line([(_LEFT, y), (_RIGHT, y)], FAINT if tick == 0 else RULE)
        if tick % 2000 == 0:
            canvas.text((_LEFT - 8, y), str(tick), 14, "rm", INK)


def _height(amount: float) -> float:
    return _BASE - (_BASE - _TOP) * amount / _MOST


def _bar(canvas: Canvas, seat: int, seats: int, amount: int, hue: str) -> Box:
    room = (_RIGHT - _LEFT) / seats
    middle = _LEFT + room * (seat + 0.5)
    return canvas.rectangle((middle - 22, _height(amount), middle + 22, _BASE), hue)
