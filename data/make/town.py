"""An invented town on a grid: what stands where, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Literal

from data.make.canvas import COLOURS
from data.make.claims import Slot, by_likeness
from data.make.facts import DerivedFact, PictureFact, RelationFact
from data.make.words import AVENUES, SIGHTS, STREETS

Way = Literal["north", "south", "east", "west"]
OPPOSITE: dict[Way, Way] = {
    "north": "south",
    "south": "north",
    "east": "west",
    "west": "east",
}


@dataclass(frozen=True)
class Town:
    """Streets, avenues and the places at their corners, by number."""

    streets: list[str]  # from north to south
    avenues: list[str]  # from west to east
    names: list[str]
    colours: list[str]
    corners: list[tuple[int, int]]  # avenue, street
    block: int
    absent: list[str]

    def name(self, place: int) -> Slot:
        """The words that name a place."""
        return Slot(f"place-{place}", "name", self.names[place])

    def metres(self, a: int, b: int) -> int:
        """The length of the shortest way along the streets."""
        (ax, ay), (bx, by) = self.corners[a], self.corners[b]
        return (abs(ax - bx) + abs(ay - by)) * self.block

    def walk(self, a: int, b: int) -> Slot:
        """The words that state a distance."""
        return Slot(f"walk-{a}-{b}", "value", f"{self.metres(a, b)} m")

    def ways(self, a: int, b: int) -> list[Way]:
        """Where the first place lies as seen from the second."""
        (ax, ay), (bx, by) = self.corners[a], self.corners[b]
        ways: list[Way] = []
        if ax != bx:
            ways.append("west" if ax < bx else "east")
        if ay != by:
            ways.append("north" if ay < by else "south")
        return ways


def random_town(rng: Random) -> Town:
    """Four to seven places on three streets and five avenues."""
    number = rng.choice((4, 5, 6, 7))
    names = rng.sample(SIGHTS, number)
    cells = rng.sample(range(15), number)
    corners = [(cell % 5, cell // 5) for cell in cells]
    while len({y for _, y in corners}) < 2 or len({x for x, _ in corners}) < 3:
        corners = [(cell % 5, cell // 5) for cell in rng.sample(range(15), number)]
    return Town(
        streets=rng.sample(STREETS, 3),
        avenues=rng.sample(AVENUES, 5),
        names=names,
        colours=rng.sample(list(COLOURS), number),
        corners=corners,
        block=rng.choice((100, 150, 200, 250)),
        absent=by_likeness(SIGHTS, names),
    )


def related(town: Town) -> list[PictureFact]:
    """Where every place stands, and every pair's directions and distance."""
    facts: list[PictureFact] = []
    for i, (avenue, street) in enumerate(town.corners):
        for kind, j in (("avenue", avenue), ("street", street)):
            facts.append(
                RelationFact(
                    id=f"place-{i}-{kind}", subject=f"place-{i}", value="at", object=f"{kind}-{j}"
                )
            )
    for a, b in permutations(range(len(town.names)), 2):
        subject, other = f"place-{a}", f"place-{b}"
        for way in town.ways(a, b):
            key = f"{subject}-{way}-{other}"
            facts.append(RelationFact(id=key, subject=subject, value=way, object=other))
        facts.append(
            DerivedFact(
                id=f"walk-{a}-{b}",
                how="distance",
                value=town.metres(a, b),
                unit="m",
                of=(subject, other, "block"),
            )
        )
    return facts
