"""A scene of lettered shapes: how many of one kind are there, in which colours?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from data.make.canvas import COLOURS, Canvas, Point
from data.make.claims import (
    Claim,
    Ghost,
    Picture,
    Slot,
    counted,
    ghost_slots,
    larger_count,
    presence,
    wrong_colour,
)
from data.make.facts import CountFact, ObjectFact, PictureFact, RelationFact
from data.make.forms import FORMS, box_of_form

_COLUMNS, _ROWS, _CELL = 4, 3, 150
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_ASKS = (
    "How many {plural} are in the picture, and what colour is each of them? Explain with the "
    "letters beside the shapes.",
    "Count the {plural} and name their colours. Say where some of the other shapes are, using "
    "the letters.",
)
_IS = (
    "shape {0} is {1} and has the form of a {2}.",
    "the shape at {0} is a {2} in {1}.",
    "{0} is coloured {1} and is a {2}.",
)
_NUMBER = ("the scene contains {0}.", "in all, {0} can be seen.", "I also find {0}.")
_SIDE = ("{0} lies further to the {1} than {2}.", "seen from {2}, {0} is more to the {1}.")
_HEIGHT = ("{0} is placed {1} {2}.", "shape {0} is somewhere {1} shape {2}.")
_Way = Literal["left", "right", "above", "below"]
_OPPOSITE: dict[_Way, _Way] = {
    "left": "right",
    "right": "left",
    "above": "below",
    "below": "above",
}


@dataclass(frozen=True)
class _Shape:
    letter: str
    colour: str
    form: str
    column: int
    row: int
    middle: Point


@dataclass(frozen=True)
class _Relation:
    first: int
    second: int
    way: _Way
    gap: int  # in cells

    @property
    def key(self) -> str:
        return f"shape-{self.first}-{self.way}-{self.second}"

    @property
    def fact(self) -> RelationFact:
        subject, seen_from = f"shape-{self.first}", f"shape-{self.second}"
        return RelationFact(id=self.key, subject=subject, value=self.way, object=seen_from)


def draw(rng: Random, difficulty: float) -> Picture:
    """A scene of seven to ten shapes, each with a letter beside it."""
    shapes = _scene(rng)
    asked = rng.choice(sorted(f for f in {s.form for s in shapes} if _number(shapes, f) > 1))
    plural = asked + "s"
    relations = _relations(rng, shapes, difficulty)
    number = counted(_number(shapes, asked), asked)
    of_kind = [i for i, shape in enumerate(shapes) if shape.form == asked]
    slots = [Slot(f"number-{asked}", "value", number)]
    for i in of_kind:
        slots.append(Slot(f"shape-{i}", "name", shapes[i].letter))
        slots.append(Slot(f"shape-{i}", "colour", shapes[i].colour))
    each = _listed([f"{{{n}}} is {{{n + 1}}}" for n in range(1, len(slots), 2)])
    colours = _listed([f"{{{n}}}" for n in range(2, len(slots), 2)])
    lead = (
        f"there are {{0}}: {each}.",
        f"the picture has {{0}}, of which {each}.",
        f"I count {{0}}; {each}.",
    )
    short = (f"{{0}}: {colours}.", f"{{0}}, in {colours}.", f"{{0}} ({colours}).")
    present, absent = _phrases(shapes)
    return Picture(
        png=_drawn(shapes),
        instruction=rng.choice(_ASKS).format(plural=plural),
        answer=f"{number}: " + ", ".join(shapes[i].colour for i in of_kind),
        facts=(
            *_facts(shapes),
            *(relation.fact for relation in relations),
            presence(present, [_phrase(*pair) for pair in absent]),
        ),
        lead=Claim(lead, tuple(slots)),
        short=Claim(short, tuple(slots)),
        sides=_sides(rng, shapes, asked, relations, difficulty),
        # one more of the kind asked for would contradict the lead's own count
        ghosts=_ghosts(rng, shapes, [pair for pair in absent if pair[1] != asked]),
    )


def _scene(rng: Random) -> list[_Shape]:
    number = rng.randint(7, 10)
    forms = rng.sample(sorted(FORMS), 4)
    colours = rng.sample(list(COLOURS), 5)
    letters = sorted(rng.sample(_LETTERS, number))
    rng.shuffle(letters)
    cells = sorted(rng.sample(range(_COLUMNS * _ROWS), number))
    scene = []
    for i, (letter, cell) in enumerate(zip(letters, cells, strict=True)):
        row, column = divmod(cell, _COLUMNS)
        x = 20 + _CELL * (column + 0.5) + rng.randint(-20, 20)
        y = 15 + _CELL * (row + 0.5) + rng.randint(-18, 18)
        form = forms[i] if i < 4 else rng.choice(forms[:3])
        scene.append(_Shape(letter, rng.choice(colours), form, column, row, (x, y)))
    return scene


def _drawn(shapes: list[_Shape]) -> bytes:
    canvas = Canvas()
    for shape in shapes:
        FORMS[shape.form](canvas, shape.middle, COLOURS[shape.colour])
        canvas.text((shape.middle[0] + 42, shape.middle[1] - 34), shape.letter, 20, "mm")
    return canvas.png()


def _facts(shapes: list[_Shape]) -> list[PictureFact]:
    facts: list[PictureFact] = [
        ObjectFact(
            id=f"shape-{i}",
            noun=shape.form,
            name=shape.letter,
            colour=shape.colour,
            box=box_of_form(shape.middle),
        )
        for i, shape in enumerate(shapes)
    ]
    for form in sorted(FORMS):
        facts.append(CountFact(id=f"number-{form}", of=form + "s", value=_number(shapes, form)))
    facts.append(CountFact(id="shapes", of="shapes", value=len(shapes)))
    return facts


def _relations(rng: Random, shapes: list[_Shape], difficulty: float) -> list[_Relation]:
    """Three pairs that clearly lie apart: by many cells when easy, by one when hard."""
    found = []
    for i, first in enumerate(shapes):
        for j, second in enumerate(shapes):
            if first.column < second.column:
                found.append(_Relation(i, j, "left", second.column - first.column))
                found.append(_Relation(j, i, "right", second.column - first.column))
            if first.row < second.row:
                found.append(_Relation(i, j, "above", second.row - first.row))
                found.append(_Relation(j, i, "below", second.row - first.row))
    rng.shuffle(found)
    found.sort(key=lambda relation: -relation.gap)
    start = round(difficulty * (len(found) - 8))
    return rng.sample(found[start : start + 8], 3)


def _sides(
    rng: Random,
    shapes: list[_Shape],
    asked: str,
    relations: list[_Relation],
    difficulty: float,
) -> tuple[Claim, ...]:
    claims = []
    others = [i for i, shape in enumerate(shapes) if shape.form != asked]
    forms = sorted({shapes[i].form for i in others})
    for i in rng.sample(others, min(4, len(others))):
        shape, key = shapes[i], f"shape-{i}"
        colour = wrong_colour(rng, shape.colour, difficulty)
        form = rng.choice([f for f in forms if f != shape.form])
        slots = (
            Slot(key, "name", shape.letter),
            Slot(key, "colour", shape.colour, colour, "colour"),
            Slot(key, "shape", shape.form, form, "object"),
        )
        claims.append(Claim(_IS, slots))
    for form in forms:
        true = _number(shapes, form)
        wrong = counted(larger_count(rng, true, difficulty), form)
        slot = Slot(f"number-{form}", "value", counted(true, form), wrong, "count")
        claims.append(Claim(_NUMBER, (slot,)))
    for relation in relations:
        first, second = shapes[relation.first].letter, shapes[relation.second].letter
        slots = (
            Slot(f"shape-{relation.first}", "name", first),
            Slot(relation.key, "value", relation.way, _OPPOSITE[relation.way], "side"),
            Slot(f"shape-{relation.second}", "name", second),
        )
        claims.append(Claim(_SIDE if relation.way in ("left", "right") else _HEIGHT, slots))
    return tuple(claims)


def _phrases(shapes: list[_Shape]) -> tuple[list[str], list[tuple[str, str]]]:
    """What is there, and absent pairs of colour and form from the unlikely to the plausible."""
    there = {(shape.colour, shape.form) for shape in shapes}
    colours, forms = {c for c, _ in there}, {f for _, f in there}
    absent = [(c, f) for c in COLOURS for f in sorted(FORMS) if (c, f) not in there]
    absent.sort(key=lambda pair: (pair[0] in colours) + (pair[1] in forms))
    return [_phrase(*pair) for pair in sorted(there)], absent


def _ghosts(rng: Random, shapes: list[_Shape], absent: list[tuple[str, str]]) -> tuple[Ghost, ...]:
    used = {shape.letter for shape in shapes}
    free = [letter for letter in _LETTERS if letter not in used]
    ghosts = []
    for colour, form in absent:
        letter, other = rng.choice(free), rng.choice(shapes).letter
        side = rng.choice((_SIDE, _HEIGHT))
        way = rng.choice(("left", "right") if side is _SIDE else ("above", "below"))
        claims = (
            Claim(_IS, ghost_slots(letter, colour, form)),
            Claim(side, ghost_slots(letter, way, other)),
        )
        ghosts.append(Ghost(form, letter, _phrase(colour, form), claims))
    return tuple(ghosts)


def _number(shapes: list[_Shape], form: str) -> int:
    return sum(shape.form == form for shape in shapes)


def _phrase(colour: str, form: str) -> str:
    return f"{'an' if colour == 'orange' else 'a'} {colour} {form}"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
