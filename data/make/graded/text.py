"""Invented words in growing letters: one letter is stated wrong, the height is the dose."""

from __future__ import annotations

from random import Random

from data.make.canvas import FAINT, Canvas
from data.make.graded.kinds import Doubt, GradedPicture

CAPITALS = 0.69  # height of a capital letter in the canvas's font, in font sizes
_TOP, _ROOM = 60, 72
_CONSONANTS, _VOWELS = "BDFGHKLMNPRSTVZ", "AEIOU"
_SAYS = ('line {line} reads "{{0}}".', 'the word on line {line} is "{{0}}".',
         '"{{0}}" is written on line {line}.')  # fmt: skip


def draw(rng: Random, doses: tuple[float, ...]) -> GradedPicture:
    """A line for each dose, with a word of six capitals as many pixels high."""
    seats = rng.sample(range(len(doses)), len(doses))
    canvas = Canvas()
    doubts = []
    for dose, seat in zip(doses, seats, strict=True):
        truth, error = _words(rng)
        y = _TOP + _ROOM * seat
        canvas.text((40, y), f"Line {seat + 1}", 16, "lm", FAINT)
        box = canvas.text((150 + rng.randrange(240), y), truth, dose / CAPITALS, "lm")
        doubts.append(
            Doubt(
                dose=dose,
                instruction=f"Which word is written on line {seat + 1}? Spell it exactly.",
                says=tuple(said.format(line=seat + 1) for said in _SAYS),
                truth=truth,
                error=error,
                box=box,
            )
        )
    return GradedPicture(canvas.png(), tuple(doubts))


def _words(rng: Random) -> tuple[str, str]:
    """Two words that differ in one consonant."""
    letters = [rng.choice(_CONSONANTS if at % 2 == 0 else _VOWELS) for at in range(6)]
    at = rng.choice((0, 2, 4))
    other = rng.choice([letter for letter in _CONSONANTS if letter != letters[at]])
    return "".join(letters), "".join([*letters[:at], other, *letters[at + 1 :]])
