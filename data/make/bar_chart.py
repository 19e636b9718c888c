"""A bar chart: which bar is highest, and by how much?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from data.make.canvas import COLOURS, FAINT, INK, RULE, WIDTH, Canvas
from data.make.claims import (
    Claim,
    Ghost,
    Picture,
    Slot,
    by_likeness,
    counted,
    ghost_slots,
    larger_count,
    presence,
    wrong_colour,
    wrong_number,
)
from data.make.facts import (
    CountFact,
    DerivedFact,
    ObjectFact,
    PictureFact,
    ReadoutFact,
)
from data.make.words import BOATS, PEOPLE, PLACES, PLANTS

_LEFT, _RIGHT, _TOP, _BASE = 64, WIDTH - 24, 84, 420
_THEMES = (  # title, what a bar stands for, unit, names
    ("Umbrellas sold in March", "town", "boxes", PLACES),
    ("Rain in one week", "village", "mm", PLACES),
    ("Parcels sorted per shift", "depot", "crates", PLACES),
    ("Pages read in May", "reader", "pages", PEOPLE),
    ("Laps swum on Saturday", "swimmer", "laps", PEOPLE),
    ("Seedlings raised in spring", "plant", "trays", PLANTS),
    ("Fish landed on Monday", "boat", "kg", BOATS),
)
_ASKS = (
    'Look at the chart "{title}". Which {noun} has the highest bar, and how far is it ahead of '
    "the second highest? Explain with figures from the chart.",
    'Who leads in the chart "{title}": which {noun} is at the top and by what margin over the '
    "next one? Support the answer with what the chart shows.",
)
_VALUE = ("{0} stands at {1}.", "the bar of {0} reaches {1}.", "for {0} the chart gives {1}.")
_COLOUR = ("the bar of {0} is {1}.", "{0} is drawn in {1}.", "the colour of {0}'s bar is {1}.")


@dataclass(frozen=True)
class _Chart:
    title: str
    noun: str
    unit: str
    names: list[str]
    values: list[int]
    colours: list[str]
    absent: list[str]

    @property
    def ranked(self) -> list[int]:
        return sorted(range(len(self.names)), key=lambda i: -self.values[i])

    def amount(self, value: float) -> str:
        return f"{value:.0f} {self.unit}"


def draw(rng: Random, difficulty: float) -> Picture:
    """A bar chart with four to six labelled bars of different colours."""
    chart = _chart(rng)
    png, facts = _drawn(chart)
    first, second = chart.ranked[:2]
    lead_by = chart.values[first] - chart.values[second]
    slots = (
        Slot(f"bar-{first}", "name", chart.names[first]),
        Slot(f"value-{first}", "value", chart.amount(chart.values[first])),
        Slot("lead", "value", chart.amount(lead_by)),
        Slot(f"bar-{second}", "name", chart.names[second]),
        Slot(f"value-{second}", "value", chart.amount(chart.values[second])),
    )
    lead = (
        "{0} has the highest bar with {1}, {2} ahead of {3}, which has {4}.",
        "at {1}, {0} is on top; {3} follows with {4}, so the lead is {2}.",
        "the highest bar belongs to {0} ({1}); it beats the second, {3} ({4}), by {2}.",
    )
    short = ("{0}, by {2}.", "{0} leads by {2}.", "{0}; the margin is {2}.")
    ask = rng.choice(_ASKS).format(title=chart.title, noun=chart.noun)
    return Picture(
        png=png,
        instruction=ask,
        answer=f"{chart.names[first]}, by {chart.amount(lead_by)}",
        facts=(
            *facts,
            _lead_fact(chart, first, second),
            presence([_phrase(n) for n in chart.names], [_phrase(n) for n in chart.absent]),
        ),
        lead=Claim(lead, slots),
        short=Claim(short, slots),
        sides=_sides(rng, chart, difficulty),
        ghosts=_ghosts(rng, chart),
    )


def _chart(rng: Random) -> _Chart:
    title, noun, unit, pool = rng.choice(_THEMES)
    number = rng.choice((4, 5, 6))
    names = rng.sample(pool, number)
    values = [12 + 4 * n + rng.randint(0, 3) for n in rng.sample(range(21), number)]
    while min(abs(a - b) for i, a in enumerate(values) for b in values[:i]) < 2:
        values = [12 + 4 * n + rng.randint(0, 3) for n in rng.sample(range(21), number)]
    colours = rng.sample(list(COLOURS), number)
    return _Chart(title, noun, unit, names, values, colours, by_likeness(pool, names))


def _drawn(chart: _Chart) -> tuple[bytes, list[PictureFact]]:
    canvas = Canvas()
    canvas.text((WIDTH / 2, 28), chart.title, 22, "mm")
    canvas.text((WIDTH / 2, 54), f"in {chart.unit}", 14, "mm", FAINT)
    for tick in range(0, 101, 20):
        y = _height(tick)
        canvas.line([(_LEFT, y), (_RIGHT, y)], RULE)
        canvas.text((_LEFT - 8, y), str(tick), 14, "rm", FAINT)
    facts: list[PictureFact] = []
    room = (_RIGHT - _LEFT) / len(chart.names)
    for i, (name, value) in enumerate(zip(chart.names, chart.values, strict=True)):
        middle, top = _LEFT + room * (i + 0.5), _height(value)
        colour = chart.colours[i]
        edges = (middle - 0.31 * room, top, middle + 0.31 * room, _BASE)
        box = canvas.rectangle(edges, COLOURS[colour])
        facts.append(ObjectFact(id=f"bar-{i}", noun="bar", name=name, colour=colour, box=box))
        box = canvas.label((middle, top - 12), str(value))
        facts.append(
            ReadoutFact(
                id=f"value-{i}",
                object=f"bar-{i}",
                quantity=chart.title,
                value=value,
                unit=chart.unit,
                text=str(value),
                box=box,
            )
        )
        canvas.text((middle, _BASE + 20), name, 16, "mm")
    canvas.line([(_LEFT, _BASE), (_RIGHT, _BASE)], INK, 2)
    canvas.text((WIDTH / 2, _BASE + 46), chart.noun, 14, "mm", FAINT)
    facts.append(CountFact(id="bars", of="bars", value=len(chart.names)))
    return canvas.png(), facts


def _height(value: float) -> float:
    return _BASE - (_BASE - _TOP) * value / 100


def _lead_fact(chart: _Chart, first: int, second: int) -> DerivedFact:
    return DerivedFact(
        id="lead",
        how="difference",
        value=chart.values[first] - chart.values[second],
        unit=chart.unit,
        of=(f"value-{first}", f"value-{second}"),
    )


def _phrase(name: str) -> str:
    return f"a bar labelled {name}"


def _sides(rng: Random, chart: _Chart, difficulty: float) -> tuple[Claim, ...]:
    claims = []
    below = chart.values[chart.ranked[1]] - 1  # a wrong value must not contradict the lead
    for i in chart.ranked[2:]:
        true = chart.values[i]
        wrong = chart.amount(wrong_number(rng, true, difficulty, (2, below)))
        name = Slot(f"bar-{i}", "name", chart.names[i])
        amount = Slot(f"value-{i}", "value", chart.amount(true), wrong, "chart value")
        claims.append(Claim(_VALUE, (name, amount)))
    for i in rng.sample(range(len(chart.names)), 3):
        wrong = wrong_colour(rng, chart.colours[i], difficulty)
        name = Slot(f"bar-{i}", "name", chart.names[i])
        colour = Slot(f"bar-{i}", "colour", chart.colours[i], wrong, "colour")
        claims.append(Claim(_COLOUR, (name, colour)))
    true = len(chart.names)
    wrong = counted(larger_count(rng, true, difficulty), "bar")
    bars = Slot("bars", "value", counted(true, "bar"), wrong, "count")
    claims.append(Claim(("there are {0} in all.", "the chart has {0}."), (bars,)))
    return tuple(claims)


def _ghosts(rng: Random, chart: _Chart) -> tuple[Ghost, ...]:
    ghosts = []
    below = chart.values[chart.ranked[1]] - 1
    for name in chart.absent:
        amount = chart.amount(rng.randint(min(8, below), below))
        colour = rng.choice(list(COLOURS))
        claims = (
            Claim(_VALUE, ghost_slots(name, amount)),
            Claim(_COLOUR, ghost_slots(name, colour)),
        )
        ghosts.append(Ghost("bar", name, _phrase(name), claims))
    return tuple(ghosts)
