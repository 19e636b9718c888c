"""A map of streets with places at the corners: how far is it, and at which corner?"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.make.canvas import COLOURS, FAINT, INK, PAPER, Canvas, Point
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
    wrong_number,
)
from data.make.facts import (
    CountFact,
    ObjectFact,
    PictureFact,
    ReadoutFact,
)
from data.make.town import OPPOSITE, Town, random_town, related

_X, _Y, _BLOCK, _ROAD = 116, 96, 108, 16
_ASKS = (
    "How far is it along the streets from the {a} to the {b}, and at which corner does the {b} "
    "stand? Explain with the names and the scale on the map.",
    "On this map, what is the shortest way by street from the {a} to the {b} in metres, and "
    "where exactly is the {b}? Mention other places that help to find it.",
)
_CORNER = (
    "the {0} stands at the corner of {1} and {2}.",
    "at {1} and {2} there is the {0}.",
    "the {0} is found where {1} meets {2}.",
)
_COLOUR = ("the {0} is marked in {1}.", "a {1} dot marks the {0}.", "the dot of the {0} is {1}.")
_SIDE = ("the {0} lies further {1} than the {2}.", "seen from the {2}, the {0} is more {1}.")
_WALK = (
    "from the {0} to the {1} it is {2} along the streets.",
    "walking from the {0} to the {1} takes {2}.",
)


def draw(rng: Random, difficulty: float) -> Picture:
    """A map of three streets and five avenues with four to seven places."""
    town = random_town(rng)
    a, b = rng.sample(range(len(town.names)), 2)
    while town.metres(a, b) < 2 * town.block:
        a, b = rng.sample(range(len(town.names)), 2)
    png, facts = _drawn(town)
    avenue, street = town.corners[b]
    slots = (
        town.walk(a, b),
        town.name(a),
        town.name(b),
        Slot(f"place-{b}-avenue", "object", town.avenues[avenue]),
        Slot(f"place-{b}-street", "object", town.streets[street]),
    )
    lead = (
        "it is {0} from the {1} to the {2}, which stands at the corner of {3} and {4}.",
        "the {2} is at {3} and {4}, {0} along the streets from the {1}.",
        "the way from the {1} takes {0}; the {2} is where {3} meets {4}.",
    )
    return Picture(
        png=png,
        instruction=rng.choice(_ASKS).format(a=town.names[a], b=town.names[b]),
        answer=f"{slots[0].text}, {slots[3].text} and {slots[4].text}",
        facts=(
            *facts,
            *related(town),
            presence([_phrase(n) for n in town.names], [_phrase(n) for n in town.absent]),
        ),
        lead=Claim(lead, slots),
        short=Claim(("{0}; {3} and {4}.", "{0}, {3} and {4}.", "{0}. {3} and {4}."), slots),
        sides=_sides(rng, town, {a, b}, difficulty),
        ghosts=_ghosts(rng, town),
    )


def _at(corner: tuple[int, int]) -> Point:
    return _X + corner[0] * _BLOCK, _Y + corner[1] * _BLOCK


def _drawn(town: Town) -> tuple[bytes, list[PictureFact]]:
    canvas = Canvas("#e4ecd8")
    facts: list[PictureFact] = []
    for i, name in enumerate(town.avenues):
        x, _ = _at((i, 0))
        road = canvas.rectangle((x - _ROAD / 2, 44, x + _ROAD / 2, 362), PAPER)
        canvas.text((x, 28), name, 15, "mm", FAINT)
        facts.append(ObjectFact(id=f"avenue-{i}", noun="avenue", name=name, box=road))
    for i, name in enumerate(town.streets):
        _, y = _at((0, i))
        road = canvas.rectangle((84, y - _ROAD / 2, 580, y + _ROAD / 2), PAPER)
        canvas.text((76, y), name, 15, "rm", FAINT)
        facts.append(ObjectFact(id=f"street-{i}", noun="street", name=name, box=road))
    for i, (name, colour) in enumerate(zip(town.names, town.colours, strict=True)):
        x, y = _at(town.corners[i])
        box = canvas.ellipse((x - 11, y - 11, x + 11, y + 11), COLOURS[colour], INK)
        canvas.text((x + 14, y + 24), name, 16)
        facts.append(ObjectFact(id=f"place-{i}", noun="place", name=name, colour=colour, box=box))
    facts.append(_legend(canvas, town))
    facts.append(CountFact(id="places", of="places", value=len(town.names)))
    return canvas.png(), facts


def _legend(canvas: Canvas, town: Town) -> ReadoutFact:
    y = 420
    canvas.line([(_X, y), (_X + _BLOCK, y)], INK, 3)
    for x in (_X, _X + _BLOCK):
        canvas.line([(x, y - 6), (x, y + 6)], INK, 3)
    box = canvas.text((_X + _BLOCK / 2, y + 20), f"{town.block} m", 16, "mm")
    canvas.polygon([(548, 392), (558, 430), (548, 422), (538, 430)], INK)
    canvas.text((548, 446), "N", 16, "mm")
    return ReadoutFact(
        id="block",
        object=None,
        quantity="length of a block",
        value=town.block,
        unit="m",
        text=f"{town.block} m",
        box=box,
    )


def _phrase(name: str) -> str:
    return f"a place labelled {name}"


def _sides(rng: Random, town: Town, asked: set[int], difficulty: float) -> tuple[Claim, ...]:
    claims = []
    others = [i for i in range(len(town.names)) if i not in asked]
    for i in others:
        claims += [_corner(rng, town, i, difficulty), _marked(rng, town, i, difficulty)]
    for i in rng.sample(others, 2):
        j = rng.choice([n for n in range(len(town.names)) if n != i])
        way = rng.choice(town.ways(i, j))
        side = Slot(f"place-{i}-{way}-place-{j}", "value", way, OPPOSITE[way], "side")
        claims.append(Claim(_SIDE, (town.name(i), side, town.name(j))))
        bounds = (town.block, 8 * town.block)
        wrong = wrong_number(rng, town.metres(i, j), difficulty, bounds, town.block)
        walk = replace(town.walk(i, j), wrong=f"{wrong:.0f} m", defect="distance")
        claims.append(Claim(_WALK, (town.name(i), town.name(j), walk)))
    true = len(town.names)
    false = counted(larger_count(rng, true, difficulty), "place")
    places = Slot("places", "value", counted(true, "place"), false, "count")
    claims.append(Claim(("the map shows {0}.", "there are {0} on the map."), (places,)))
    return tuple(claims)


def _corner(rng: Random, town: Town, i: int, difficulty: float) -> Claim:
    avenue, street = town.corners[i]
    far = sorted((n for n in range(5) if n != avenue), key=lambda n: -abs(n - avenue))
    false = town.avenues[far[round(difficulty * (len(far) - 1))]]
    slots = (
        town.name(i),
        Slot(f"place-{i}-avenue", "object", town.avenues[avenue], false, "position"),
        Slot(f"place-{i}-street", "object", town.streets[street]),
    )
    return Claim(_CORNER, slots)


def _marked(rng: Random, town: Town, i: int, difficulty: float) -> Claim:
    true = town.colours[i]
    wrong = wrong_colour(rng, true, difficulty)
    return Claim(_COLOUR, (town.name(i), Slot(f"place-{i}", "colour", true, wrong, "colour")))


def _ghosts(rng: Random, town: Town) -> tuple[Ghost, ...]:
    ghosts = []
    for name in town.absent:
        corner = (rng.choice(town.avenues), rng.choice(town.streets))
        claims = (
            Claim(_CORNER, ghost_slots(name, *corner)),
            Claim(_COLOUR, ghost_slots(name, rng.choice(list(COLOURS)))),
        )
        ghosts.append(Ghost("place", name, _phrase(name), claims))
    return tuple(ghosts)
