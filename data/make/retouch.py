"""Small exact changes to a drawn picture, after which the answer to a question is another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from data.make.canvas import COLOURS, FAINT, INK, fine_font
from data.make.facts import Box

SIZES = range(10, 31)  # in final pixels; the font itself is of the larger drawing
NEAR = 8.0  # how far a pixel's colour may lie from the blend of a colour and the background


def text_size(text: str, box: Box) -> int:
    """The font size at which `text` was drawn into `box`, in pixels."""
    width, height = box[2] - box[0], box[3] - box[1]

    def misfit(size: int) -> float:
        left, top, right, bottom = fine_font(size).getbbox(text)
        return abs((right - left) / 2 - width) + abs((bottom - top) / 2 - height)

    return min(SIZES, key=misfit)


def rewritten(image: Image.Image, box: Box, text: str, size: int) -> Image.Image:
    """The picture with other words of this font size in the box, on the colour around it."""
    made = image.convert("RGB")
    left, top, right, bottom = box
    room = (left - 4, top - 2, right + 4, bottom + 2)  # wider digits need more of it
    darkest = int(np.asarray(made.crop(box)).sum(-1).min())
    ink = min((INK, FAINT), key=lambda colour: abs(sum(_rgb(colour)) - darkest))
    patch = Image.new("RGB", (2 * (right - left + 8), 2 * (bottom - top + 4)), _corners(made, room))
    x0, y0, x1, y1 = fine_font(size).getbbox(text)
    at = ((patch.width - x0 - x1) / 2, (patch.height - y0 - y1) / 2)
    ImageDraw.Draw(patch).text(at, text, fill=ink, font=fine_font(size))
    made.paste(patch.reduce(2), room[:2])
    return made


def recoloured(image: Image.Image, box: Box, old: str, new: str | None) -> Image.Image:
    """The picture with what has one colour in the box in another; `None` takes it away."""
    made = image.convert("RGB")
    pixels = np.asarray(made, dtype=float).copy()
    left, top, right, bottom = _wider(box, made.size)
    part = pixels[top:bottom, left:right]
    paper = np.array(_corners(made, (left, top, right, bottom)), dtype=float)
    inside = np.array(_rgb(COLOURS[old]), dtype=float)
    wanted = paper if new is None else np.array(_rgb(COLOURS[new]), dtype=float)
    way = inside - paper
    share = np.clip(((part - paper) @ way) / (way @ way), 0.0, 1.0)[..., None]
    ours = np.linalg.norm(part - (paper + share * way), axis=-1, keepdims=True) < NEAR
    pixels[top:bottom, left:right] = np.where(ours, part + share * (wanted - inside), part)
    return Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))


def _wider(box: Box, size: tuple[int, int]) -> Box:
    """The box with the half-covered pixels at its edges."""
    left, top, right, bottom = box
    return max(0, left - 2), max(0, top - 2), min(size[0], right + 2), min(size[1], bottom + 2)


def _corners(image: Image.Image, box: Box) -> tuple[int, int, int]:
    """The colour that most corners of the box have."""
    left, top, right, bottom = box
    at = [(x, y) for x in (left, right - 1) for y in (top, bottom - 1)]
    found = [image.getpixel(corner) for corner in at]
    red, green, blue = max(found, key=found.count)  # type: ignore[misc]
    return int(red), int(green), int(blue)


@lru_cache(maxsize=16)
def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
