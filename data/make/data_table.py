"""A table with a name, two numbers and a place per row: which row is on top?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from data.make.canvas import FAINT, INK, RULE, WIDTH, Canvas
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
    wrong_number,
)
from data.make.facts import CountFact, DerivedFact, ObjectFact, PictureFact, ReadoutFact
from data.make.words import BOATS, PEOPLE, PLACES, PLANTS

_LEFT, _TOP, _HEAD, _BODY = 40, 78, 40, 318


@dataclass(frozen=True)
class _Theme:
    title: str
    noun: str
    columns: tuple[str, str, str, str]  # name, number, number, place
    units: tuple[str, str]
    names: tuple[str, ...]
    spots: tuple[str, ...]


_THEMES = (
    _Theme(
        "Greenhouse list",
        "plant",
        ("Plant", "Height", "Pots", "Shelf"),
        ("cm", "pots"),
        PLANTS,
        ("North", "South", "East", "West", "Porch"),
    ),
    _Theme(
        "Boats in the harbour",
        "boat",
        ("Boat", "Length", "Crew", "Pier"),
        ("m", "sailors"),
        BOATS,
        ("Stone", "Long", "Old", "New", "West"),
    ),
    _Theme(
        "Cycling club, Sunday ride",
        "rider",
        ("Rider", "Distance", "Stops", "Team"),
        ("km", "stops"),
        PEOPLE,
        ("Red", "Blue", "Green", "White", "Black"),
    ),
    _Theme(
        "Weather stations",
        "station",
        ("Station", "Rain", "Days", "Region"),
        ("mm", "days"),
        PLACES,
        ("Coast", "Valley", "Forest", "Hills", "Lakes"),
    ),
)
_ASKS = (
    'According to the table "{title}", which {noun} has the largest entry under {first}, and '
    "what does its row say under {last}? Explain with entries of the table.",
    'Find the {noun} with the highest {first} in the table "{title}". What stands under {last} '
    "for it? Support the answer with other rows.",
)


@dataclass(frozen=True)
class _Table:
    theme: _Theme
    names: list[str]
    numbers: list[tuple[int, int]]
    spots: list[str]
    absent: list[str]

    @property
    def step(self) -> int:
        """The height of a row in pixels."""
        return _BODY // len(self.names)

    @property
    def top(self) -> int:
        return max(range(len(self.names)), key=lambda row: self.numbers[row][0])

    def amount(self, column: int, value: float) -> str:
        return f"{value:.0f} {self.theme.units[column]}"

    def name(self, row: int) -> Slot:
        return Slot(f"row-{row}", "name", self.names[row])

    def wordings(self, column: int) -> tuple[str, ...]:
        heading = self.theme.columns[column]
        return (
            f"{{0}} has {{1}} under {heading}.",
            f"under {heading}, the row of {{0}} says {{1}}.",
            f"the entry of {{0}} under {heading} is {{1}}.",
        )


def draw(rng: Random, difficulty: float) -> Picture:
    """A table with four to seven rows and four columns."""
    table = _table(rng)
    top = table.top
    png, facts = _drawn(table)
    _, first, _, last = table.theme.columns
    slots = (
        table.name(top),
        Slot(f"cell-{top}-0", "value", table.amount(0, table.numbers[top][0])),
        Slot(f"cell-{top}-2", "value", table.spots[top]),
    )
    lead = (
        f"{{0}} has the largest entry under {first}, {{1}}; its {last} is {{2}}.",
        f"with {{1}}, {{0}} is highest under {first}, and under {last} its row says {{2}}.",
        f"the highest {first} is {{1}}, for {{0}}, whose {last} is {{2}}.",
    )
    cells = tuple(f"cell-{row}-0" for row in range(len(table.names)))
    ask = rng.choice(_ASKS).format(
        title=table.theme.title, noun=table.theme.noun, first=first, last=last
    )
    return Picture(
        png=png,
        instruction=ask,
        answer=f"{slots[0].text}, {slots[2].text}",
        facts=(
            *facts,
            DerivedFact(id="top", how="highest", value=slots[0].text, of=cells),
            presence([_phrase(n) for n in table.names], [_phrase(n) for n in table.absent]),
        ),
        lead=Claim(lead, slots),
        short=Claim(("{0}; {2}.", "{0}, and {2}.", "it is {0}, with {2}."), slots),
        sides=_sides(rng, table, difficulty),
        ghosts=_ghosts(rng, table),
    )


def _table(rng: Random) -> _Table:
    theme = rng.choice(_THEMES)
    number = rng.choice((4, 5, 6, 7))
    names = rng.sample(theme.names, number)
    firsts = rng.sample(range(18, 97), number)
    seconds = [rng.randint(4, 14) for _ in names]
    spots = [rng.choice(theme.spots) for _ in names]
    absent = by_likeness(theme.names, names)
    return _Table(theme, names, list(zip(firsts, seconds, strict=True)), spots, absent)


def _drawn(table: _Table) -> tuple[bytes, list[PictureFact]]:
    canvas = Canvas()
    right, rows = WIDTH - _LEFT, len(table.names)
    canvas.text((WIDTH / 2, 40), table.theme.title, 22, "mm")
    canvas.rectangle((_LEFT, _TOP, right, _TOP + _HEAD), "#e8edf3")
    units = ("", *table.theme.units, "")
    for column, heading in enumerate(table.theme.columns):
        unit = f" ({units[column]})" if column == 1 else ""
        canvas.text((_across(column), _TOP + _HEAD / 2), heading + unit, 17)
    facts: list[PictureFact] = []
    for row in range(rows):
        top = _TOP + _HEAD + row * table.step
        canvas.line([(_LEFT, top), (right, top)], RULE)
        facts += _row(canvas, table, row, top)
    bottom = _TOP + _HEAD + rows * table.step
    canvas.rectangle((_LEFT, _TOP, right, bottom), None, FAINT)
    facts.append(CountFact(id="rows", of="rows", value=rows))
    facts.append(CountFact(id="columns", of="columns", value=4))
    return canvas.png(), facts


def _row(canvas: Canvas, table: _Table, row: int, top: float) -> list[PictureFact]:
    middle = top + table.step / 2
    canvas.text((_across(0), middle), table.names[row], 17, fill=INK)
    box = (_LEFT, round(top), WIDTH - _LEFT, round(top + table.step))
    noun = table.theme.noun
    facts: list[PictureFact] = [
        ObjectFact(id=f"row-{row}", noun=noun, name=table.names[row], box=box)
    ]
    entries: tuple[int | str, ...] = (*table.numbers[row], table.spots[row])
    units = (*table.theme.units, None)
    for column, value in enumerate(entries):
        text = str(value)
        box = canvas.text((_across(column + 1), middle), text, 17)
        facts.append(
            ReadoutFact(
                id=f"cell-{row}-{column}",
                object=f"row-{row}",
                quantity=table.theme.columns[column + 1],
                value=value,
                unit=units[column],
                text=text,
                box=box,
            )
        )
    return facts


def _across(column: int) -> float:
    return _LEFT + 18 + (0, 180, 330, 430)[column]


def _phrase(name: str) -> str:
    return f"a row for {name}"


def _sides(rng: Random, table: _Table, difficulty: float) -> tuple[Claim, ...]:
    claims = []
    highest = table.numbers[table.top][0] - 1  # a wrong value must not contradict the lead
    others = [row for row in range(len(table.names)) if row != table.top]
    for row in rng.sample(others, 3):
        for column, bounds in enumerate(((2, highest), (1, 30))):
            true = table.numbers[row][column]
            wrong = table.amount(column, wrong_number(rng, true, difficulty, bounds))
            cell = Slot(
                f"cell-{row}-{column}", "value", table.amount(column, true), wrong, "table value"
            )
            claims.append(Claim(table.wordings(column + 1), (table.name(row), cell)))
        true_spot = table.spots[row]
        false = rng.choice([spot for spot in table.theme.spots if spot != true_spot])
        spot = Slot(f"cell-{row}-2", "value", true_spot, false, "text")
        claims.append(Claim(table.wordings(3), (table.name(row), spot)))
    true = len(table.names)
    wrong = counted(larger_count(rng, true, difficulty), table.theme.noun)
    rows = Slot("rows", "value", counted(true, table.theme.noun), wrong, "count")
    claims.append(Claim(("the table lists {0}.", "there are {0} in the table."), (rows,)))
    return tuple(claims)


def _ghosts(rng: Random, table: _Table) -> tuple[Ghost, ...]:
    ghosts = []
    for name in table.absent:
        number = rng.randint(2, table.numbers[table.top][0] - 1)
        claims = (
            Claim(table.wordings(1), ghost_slots(name, table.amount(0, number))),
            Claim(table.wordings(3), ghost_slots(name, rng.choice(table.theme.spots))),
        )
        ghosts.append(Ghost(table.theme.noun, name, _phrase(name), claims))
    return tuple(ghosts)
