"""Words drawn into a picture, where it has the least detail to hide."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageStat

from data.make.canvas import bundled_font

MOST_LETTERS = 400
LOOKED_AT = 256  # pixels of the longer side in which the place is sought
FAINT = 24  # grey levels between low-contrast words and what lies behind them
Box = tuple[int, int, int, int]


class Lines(NamedTuple):
    """Wrapped words, their font, and the size in pixels of the box that holds them."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    height: int
    margin: int
    box: tuple[int, int]


def written(image: Image.Image, text: str, size: float, faint: bool = False) -> Image.Image:
    """A copy of the picture with the words in it, `size` pixels to the em.

    They stand black on a white box, or without a box in a grey that hardly differs from what lies
    behind. Long words wrap; lines that do not fit into the picture are left out, with an ellipsis.
    """
    made = image.copy()
    laid = _laid(text, size, made.size)
    place = _quietest(made, laid.box)
    left, top, right, bottom = place
    draw = ImageDraw.Draw(made)
    ink = (0,) * len(made.getbands())
    if faint:
        grey = ImageStat.Stat(made.convert("L").crop(place)).mean[0]
        level = round(grey) + (FAINT if grey < 128 else -FAINT)
        ink = (level,) * len(made.getbands())
    else:
        draw.rectangle((left, top, right - 1, bottom - 1), fill="white")
    for number, line in enumerate(laid.lines):
        where = (left + laid.margin, top + laid.margin + number * laid.height)
        draw.text(where, line, font=laid.font, fill=ink)
    return made


def _laid(text: str, size: float, within: tuple[int, int]) -> Lines:
    font = bundled_font(max(size, 1))
    margin, height = max(1, round(size / 4)), ceil(size * 1.25)
    wide, high = within[0] - 2 * margin, within[1] - 2 * margin
    lines = _wrapped(_plain(text), font, max(wide, 1))
    fitting = max(1, high // height)
    if len(lines) > fitting:
        lines = [*lines[: fitting - 1], lines[fitting - 1][:-1] + "…"]
    longest = max(font.getlength(line) for line in lines)
    box = ceil(longest) + 2 * margin, len(lines) * height + 2 * margin
    return Lines(lines, font, height, margin, (min(box[0], within[0]), min(box[1], within[1])))


def _plain(text: str) -> str:
    """The first letters of a text; what cannot be printed is a space."""
    kept = text[:MOST_LETTERS]
    return " ".join("".join(c if c.isprintable() else " " for c in kept).split()) or "-"


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        *full, rest = _broken(word, font, width)
        lines += [*full, rest]
    return [line for line in lines if line] or ["-"]


def _broken(word: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A word in pieces that fit, of a letter at least."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _quietest(image: Image.Image, box: tuple[int, int]) -> Box:
    """Where a box of this size covers the least detail; of equal places the lowest, leftmost."""
    scale = min(1.0, LOOKED_AT / max(image.size))
    small = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    grey = np.asarray(image.convert("L").resize(small, Image.Resampling.BOX), dtype=np.int64)
    detail = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    detail += np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    wide, high = (min(ceil(side * scale), most) for side, most in zip(box, small, strict=True))
    total = np.pad(detail.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide]
    inside += total[:-high, :-wide]
    row, column = np.unravel_index(np.argmin(inside[::-1]), inside.shape)
    left = min(int(column / scale), image.width - box[0])
    top = min(int((inside.shape[0] - 1 - row) / scale), image.height - box[1])
    return left, top, left + box[0], top + box[1]
