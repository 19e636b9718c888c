"""Words drawn into a picture, in a strip below it, so that they hide nothing of what it shows."""

from __future__ import annotations

from math import ceil

from PIL import Image, ImageDraw, ImageFont

from data.make.canvas import bundled_font

MOST_LETTERS = 400
NARROWEST = 12  # ems: a narrower picture gets a white margin at its right
PAPER, INK, FAINT_INK = 255, 0, 231  # grey levels


def written(image: Image.Image, text: str, size: float, faint: bool = False) -> Image.Image:
    """The picture with the words below it, `size` pixels to the em, black on white.

    Faint words are of a grey that hardly differs from white. Lines that are too long wrap.
    """
    font = bundled_font(max(size, 1))
    margin, height = max(1, round(size / 4)), ceil(size * 1.25)
    wide = max(image.width, ceil(NARROWEST * size))
    lines = _wrapped(_plain(text), font, wide - 2 * margin)
    bands = len(image.getbands())
    strip = len(lines) * height + 2 * margin
    made = Image.new(image.mode, (wide, image.height + strip), (PAPER,) * bands)
    made.paste(image)
    draw = ImageDraw.Draw(made)
    ink = (FAINT_INK if faint else INK,) * bands
    for number, line in enumerate(lines):
        where = (margin, image.height + margin + number * height)
        draw.text(where, line, font=font, fill=ink)
    return made


def _plain(text: str) -> str:
    """The first letters of a text; what cannot be printed is a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:MOST_LETTERS])


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines that fit; a word that does not is broken."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, font, width):
            longer = f"{lines[-1]} {piece}".strip()
            if font.getlength(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces
