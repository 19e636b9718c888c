"""A line chart of two series: when does one of them peak, and how high?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from data.make.canvas import COLOURS, FAINT, INK, RULE, WIDTH, Canvas
from data.make.claims import (
    Claim,
    Ghost,
    Picture,
    Slot,
    by_likeness,
    counted,
    ghost_slots,
    presence,
    wrong_colour,
    wrong_number,
)
from data.make.facts import CountFact, DerivedFact, ObjectFact, PictureFact, ReadoutFact
from data.make.words import BOATS, PLACES, PLANTS

_LEFT, _RIGHT, _TOP, _BASE = 64, WIDTH - 30, 110, 425
_THEMES = (  # title, what a line stands for, unit, names
    ("Visitors per month", "museum branch", "visitors", PLACES),
    ("Electricity used per month", "village hall", "kWh", PLACES),
    ("Honey collected per month", "apiary", "jars", PLACES),
    ("Growth in the greenhouse", "plant", "cm", PLANTS),
    ("Passengers carried per month", "ferry", "passengers", BOATS),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ASKS = (
    'In the chart "{title}", in which month does the line of {name} peak, and at what value? '
    "Explain, and describe what else the chart shows.",
    'When is {name} at its highest in the chart "{title}", and how high is it then? Back the '
    "answer with readings from both lines.",
)
_VALUE = ("in {0}, {1} is at {2}.", "{1} reads {2} in {0}.", "the value of {1} for {0} is {2}.")
_COLOUR = ("the line of {0} is {1}.", "{0} is drawn in {1}.", "the colour of {0}'s line is {1}.")
_TREND = ("from {0} to {1}, {2} goes {3}.", "{2} goes {3} between {0} and {1}.")


@dataclass(frozen=True)
class _Chart:
    title: str
    noun: str
    unit: str
    months: list[str]
    names: list[str]  # of the upper line, of the lower line
    values: list[list[int]]
    colours: list[str]
    absent: list[str]

    @property
    def peak(self) -> int:
        return self.values[0].index(max(self.values[0]))

    @property
    def trend(self) -> Literal["up", "down"]:
        return "up" if self.values[1][-1] > self.values[1][0] else "down"

    def amount(self, value: float) -> str:
        return f"{value:.0f} {self.unit}"

    def reading(self, line: int, month: int) -> Slot:
        return Slot(f"value-{line}-{month}", "value", self.amount(self.values[line][month]))

    def name(self, line: int) -> Slot:
        return Slot(f"line-{line}", "name", self.names[line])


def draw(rng: Random, difficulty: float) -> Picture:
    """A line chart with two lines, one above the other, and a number at every point."""
    chart = _chart(rng)
    png, facts = _drawn(chart)
    month = Slot("peak", "value", chart.months[chart.peak])
    slots = (chart.name(0), month, chart.reading(0, chart.peak))
    lead = (
        "{0} peaks in {1}, when it reaches {2}.",
        "the highest point of {0} is {2}, in {1}.",
        "in {1} the line of {0} is at its highest, with {2}.",
    )
    derived = (
        DerivedFact(id="peak", how="peak", value=month.text, of=(f"value-0-{chart.peak}",)),
        DerivedFact(
            id="trend",
            how="trend",
            value=chart.trend,
            of=("value-1-0", f"value-1-{len(chart.months) - 1}"),
        ),
    )
    return Picture(
        png=png,
        instruction=rng.choice(_ASKS).format(title=chart.title, name=chart.names[0]),
        answer=f"{month.text}, {slots[2].text}",
        facts=(
            *facts,
            *derived,
            presence([_phrase(n) for n in chart.names], [_phrase(n) for n in chart.absent]),
        ),
        lead=Claim(lead, slots),
        short=Claim(("{1}, at {2}.", "in {1}, {2}.", "{2}, in {1}."), slots),
        sides=_sides(rng, chart, difficulty),
        ghosts=_ghosts(rng, chart),
    )


def _chart(rng: Random) -> _Chart:
    title, noun, unit, pool = rng.choice(_THEMES)
    start = rng.randint(0, 6)
    names = rng.sample(pool, 2)
    upper = rng.sample(range(56, 88), 6)
    upper[rng.randint(1, 4)] = rng.randint(90, 96)
    lower = rng.sample(range(9, 38), 6)
    while abs(lower[0] - lower[-1]) < 8:  # the trend must be seen at a glance
        lower = rng.sample(range(9, 38), 6)
    colours = rng.sample([c for c in COLOURS if c != "yellow"], 2)  # a thin yellow line is faint
    months = list(_MONTHS[start : start + 6])
    absent = by_likeness(pool, names)
    return _Chart(title, noun, unit, months, names, [upper, lower], colours, absent)


def _drawn(chart: _Chart) -> tuple[bytes, list[PictureFact]]:
    canvas = Canvas()
    canvas.text((WIDTH / 2, 28), chart.title, 22, "mm")
    canvas.text((WIDTH / 2, 54), f"in {chart.unit}", 14, "mm", FAINT)
    for tick in range(0, 101, 20):
        y = _height(tick)
        canvas.line([(_LEFT, y), (_RIGHT, y)], RULE)
        canvas.text((_LEFT - 8, y), str(tick), 14, "rm", FAINT)
    canvas.line([(_LEFT, _BASE), (_RIGHT, _BASE)], INK, 2)
    for i, month in enumerate(chart.months):
        canvas.text((_across(i), _BASE + 20), month, 16, "mm")
    facts: list[PictureFact] = []
    for line, name in enumerate(chart.names):
        colour = COLOURS[chart.colours[line]]
        at = WIDTH / 2 - 140 + 170 * line
        canvas.line([(at, 84), (at + 26, 84)], colour, 4)
        canvas.text((at + 34, 84), name)
        points = [(_across(i), _height(v)) for i, v in enumerate(chart.values[line])]
        box = canvas.line(points, colour, 3)
        facts.append(
            ObjectFact(
                id=f"line-{line}", noun="line", name=name, colour=chart.colours[line], box=box
            )
        )
        facts += _points(canvas, chart, line)
    facts.append(CountFact(id="lines", of="lines", value=2))
    facts.append(CountFact(id="months", of="months", value=len(chart.months)))
    return canvas.png(), facts


def _points(canvas: Canvas, chart: _Chart, line: int) -> list[PictureFact]:
    facts: list[PictureFact] = []
    for i, value in enumerate(chart.values[line]):
        x, y = _across(i), _height(value)
        canvas.ellipse((x - 5, y - 5, x + 5, y + 5), COLOURS[chart.colours[line]])
        box = canvas.label((x, y + _beside(chart.values[line], i)), str(value))
        facts.append(
            ReadoutFact(
                id=f"value-{line}-{i}",
                object=f"line-{line}",
                quantity=f"{chart.title}, {chart.months[i]}",
                value=value,
                unit=chart.unit,
                text=str(value),
                box=box,
            )
        )
    return facts


def _beside(values: list[int], i: int) -> int:
    """How far below a point its number stands: on the side that the line leaves free."""
    neighbours = values[max(0, i - 1) : i] + values[i + 1 : i + 2]
    return 18 if values[i] < sum(neighbours) / len(neighbours) else -17


def _across(month: int) -> float:
    return _LEFT + 40 + month * (_RIGHT - _LEFT - 80) / 5


def _height(value: float) -> float:
    return _BASE - (_BASE - _TOP) * value / 100


def _phrase(name: str) -> str:
    return f"a line for {name}"


def _sides(rng: Random, chart: _Chart, difficulty: float) -> tuple[Claim, ...]:
    claims = []
    highest = max(chart.values[0]) - 1  # a wrong value must not contradict the peak
    inner = [(1, i) for i in range(1, 5)] + [(0, i) for i in range(6) if i != chart.peak]
    for line, i in rng.sample(inner, 5):
        wrong = wrong_number(rng, chart.values[line][i], difficulty, (2, highest))
        month = Slot("", "name", chart.months[i])
        reading = replace(chart.reading(line, i), wrong=chart.amount(wrong), defect="chart value")
        claims.append(Claim(_VALUE, (month, chart.name(line), reading)))
    for line in (0, 1):
        true = chart.colours[line]
        colour = Slot(f"line-{line}", "colour", true, wrong_colour(rng, true, difficulty), "colour")
        claims.append(Claim(_COLOUR, (chart.name(line), colour)))
    other = "down" if chart.trend == "up" else "up"
    ends = (Slot("", "name", chart.months[0]), Slot("", "name", chart.months[-1]))
    trend = Slot("trend", "value", chart.trend, other, "side")
    claims.append(Claim(_TREND, (*ends, chart.name(1), trend)))
    months = Slot("months", "value", counted(len(chart.months), "month"))
    claims.append(Claim(("the chart covers {0}.", "{0} are shown."), (months,)))
    return tuple(claims)


def _ghosts(rng: Random, chart: _Chart) -> tuple[Ghost, ...]:
    ghosts = []
    for name in chart.absent:
        month, value = rng.choice(chart.months), rng.randint(12, max(chart.values[0]) - 1)
        claims = (
            Claim(_VALUE, ghost_slots(month, name, chart.amount(value))),
            Claim(_COLOUR, ghost_slots(name, rng.choice(list(COLOURS)))),
        )
        ghosts.append(Ghost("line", name, _phrase(name), claims))
    return tuple(ghosts)
