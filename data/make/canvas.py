"""A small drawing surface: final pixels in, boxes of what was drawn out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from data.make.facts import Box

WIDTH, HEIGHT = 640, 480
INK, FAINT, RULE, PAPER = "#22262b", "#5d666f", "#d5dade", "#ffffff"
COLOURS = {  # in the order of the colour wheel: neighbours are the easiest to confuse
    "red": "#d03a35",
    "orange": "#f0882a",
    "yellow": "#f0cb32",
    "green": "#3f9e4d",
    "blue": "#3270c4",
    "purple": "#7e4bab",
    "pink": "#ee8fbd",
}
_FINER = 2  # drawn twice as large and halved, because Pillow's shapes have hard edges

Point = tuple[float, float]


@lru_cache(maxsize=64)
def bundled_font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable font, `size` pixels to the em."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, so its scalable font is missing")
    # Pillow's own layout engine: raqm's versions place glyphs differently from machine to machine
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def font(size: float) -> ImageFont.FreeTypeFont:
    """That font for the larger drawing; `size` is in final pixels."""
    return bundled_font(size * _FINER)


class Canvas:
    """Draws on a picture of `WIDTH` x `HEIGHT`; every method takes final pixels."""

    def __init__(self, background: str = PAPER) -> None:
        self._image = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), background)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, at: Point, text: str, size: float = 16, anchor: str = "lm", fill: str = INK
    ) -> Box:
        """The box of a line of text; `anchor` as in Pillow (`lm` is left middle).

        Raises:
            ValueError: the text would be cropped.
        """
        where = (at[0] * _FINER, at[1] * _FINER)
        self._draw.text(where, text, fill=fill, font=font(size), anchor=anchor)
        left, top, right, bottom = self._draw.textbbox(where, text, font=font(size), anchor=anchor)
        box = (
            int(left // _FINER),
            int(top // _FINER),
            int(-(-right // _FINER)),
            int(-(-bottom // _FINER)),
        )
        if min(box) < 0 or box[2] > WIDTH or box[3] > HEIGHT:
            raise ValueError(f"text {text!r} leaves the picture: {box!r}")
        return box

    def label(self, at: Point, text: str, size: int = 16, anchor: str = "mm") -> Box:
        """The box of a line of text with a white rim, legible on top of rules and lines."""
        where, rim = (at[0] * _FINER, at[1] * _FINER), 3 * _FINER
        self._draw.text(where, text, font=font(size), anchor=anchor, stroke_width=rim, fill=PAPER)
        return self.text(at, text, size, anchor)

    def rectangle(
        self, box: Sequence[float], fill: str | None, outline: str | None = None, width: int = 1
    ) -> Box:
        """The box of a rectangle."""
        self._draw.rectangle(_larger(box), fill=fill, outline=outline, width=width * _FINER)
        return _whole(box)

    def ellipse(self, box: Sequence[float], fill: str, outline: str | None = None) -> Box:
        """The box of an ellipse."""
        self._draw.ellipse(_larger(box), fill=fill, outline=outline, width=2 * _FINER)
        return _whole(box)

    def polygon(self, points: Sequence[Point], fill: str) -> Box:
        """The box of a filled polygon."""
        self._draw.polygon([(x * _FINER, y * _FINER) for x, y in points], fill=fill)
        return box_of(points)

    def line(self, points: Sequence[Point], fill: str, width: int = 1) -> Box:
        """The box of a line through the points."""
        larger = [(x * _FINER, y * _FINER) for x, y in points]
        self._draw.line(larger, fill=fill, width=width * _FINER, joint="curve")
        return box_of(points)

    def dashes(self, left: float, right: float, y: float, fill: str = FAINT) -> None:
        """A dashed rule from left to right."""
        x = left
        while x < right:
            self.line([(x, y), (min(x + 5, right), y)], fill)
            x += 9

    def png(self) -> bytes:
        """The finished picture as a PNG without any metadata."""
        halved = self._image.reduce(_FINER)
        buffer = io.BytesIO()
        halved.save(buffer, format="PNG", compress_level=6)
        return buffer.getvalue()


def box_of(points: Sequence[Point]) -> Box:
    """The smallest box around the points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return _whole((min(xs), min(ys), max(xs), max(ys)))


def _larger(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left * _FINER, top * _FINER, right * _FINER, bottom * _FINER


def _whole(box: Sequence[float]) -> Box:
    left, top, right, bottom = (round(edge) for edge in box)
    return left, top, right, bottom
