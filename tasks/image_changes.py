"""What probes do to a picture: pure functions of its pixels, the dose and a seed.

The same picture, change and seed give the same pixels, and with one version of Pillow the same
bytes; what was made once is kept with the encoder's version (`data/image_store.py`).
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageOps

from data.errors import DefectError
from data.make import retouch
from data.make.facts import Box
from tasks.image_text import written
from tasks.prompts.changes import ImageChange

NOISE_SQUARE = 8  # pixels: finer noise would be grey once a provider has shrunk it
Sent = tuple[bytes, str, tuple[int, int]]


class Changed(NamedTuple):
    """A changed picture; `content` where the change is in how it is encoded."""

    image: Image.Image
    content: Sent | None = None


Change = Callable[[Image.Image, ImageChange, str], Changed]


def changed(image: Image.Image, changes: Sequence[ImageChange], seed: str) -> Changed:
    """The picture after its changes, one after the other; itself where nothing had to change.

    `seed` is the sha256 of the original, for changes that draw at random.
    """
    kind = image.format
    made = Changed(image)
    for change in changes:
        if change.do not in CHANGES:
            raise DefectError(f"no image change is called {change.do!r}; known: {sorted(CHANGES)}")
        made = CHANGES[change.do](made.image, change, seed)
        made.image.format = kind
    return made


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The pixels as a file of this kind, without metadata."""
    buffer = io.BytesIO()
    clean = Image.new(image.mode, image.size)
    clean.paste(image)  # leaves metadata behind
    clean.save(buffer, kind, **options)
    return buffer.getvalue()


def _filled(colour: int) -> Change:
    def fill(image: Image.Image, change: ImageChange, seed: str) -> Changed:
        return Changed(Image.new("RGB", image.size, (colour,) * 3))

    return fill


def _box(image: Image.Image, change: ImageChange) -> Box:
    """The change's box in pixels of the picture as it is sent."""
    if change.box is None:
        raise DefectError(f"an image change of the kind {change.do!r} needs a box")
    left, top, right, bottom = change.box
    width, height = image.size
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _rewrite(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """`text` in place of what stands in the box; `level` is its size as a share of the height."""
    size = max(1, round(change.level * image.height))
    return Changed(retouch.rewritten(image, _box(image, change), change.text, size))


def _recolour(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """What has the first colour of `text` in the box in the second one, or gone without one."""
    old, _, new = change.text.partition(" ")
    return Changed(retouch.recoloured(image, _box(image, change), old, new or None))


def _noise(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """Squares of random colours, others for each picture."""
    across, down = (-(-side // NOISE_SQUARE) for side in image.size)
    colours = random.Random(seed).randbytes(across * down * 3)
    small = Image.frombytes("RGB", (across, down), colours)
    large = (across * NOISE_SQUARE, down * NOISE_SQUARE)
    full = small.resize(large, Image.Resampling.NEAREST)
    return Changed(full.crop((0, 0, *image.size)))


def _text(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    return Changed(written(image, change.text, change.level))


def _faint_text(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    return Changed(written(image, change.text, change.level, faint=True))


def _jpeg(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """The picture as a JPEG of quality `level`."""
    content = encoded(image, "JPEG", quality=round(change.level))
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as opened:
        return Changed(opened.copy(), (content, "image/jpeg", image.size))


def _png(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """The same pixels as a PNG, packed as few programs do, so that the bytes differ."""
    content = encoded(image, "PNG", compress_level=4)
    return Changed(image, (content, "image/png", image.size))


def _long_edge(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """The picture with `level` pixels on its longer side; a smaller one stays as it is."""
    scale = change.level / max(image.size)
    if scale >= 1:
        return Changed(image)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return Changed(image.resize(size, Image.Resampling.LANCZOS))


def _greyscale(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    return Changed(image if image.mode == "L" else image.convert("L"))


def _brightness(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """Brighter by `level` percent, darker below zero."""
    table = [min(255, round(value * (1 + change.level / 100))) for value in range(256)]
    return Changed(image.point(table * len(image.getbands())))


def _crop(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """Without `level` percent of its width and height at each edge."""
    across, down = (int(side * change.level / 100) for side in image.size)
    return Changed(image.crop((across, down, image.width - across, image.height - down)))


def _pad(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """With a white rim of `level` pixels."""
    return Changed(ImageOps.expand(image, border=round(change.level), fill="white"))


def _flip(image: Image.Image, change: ImageChange, seed: str) -> Changed:
    """Left and right exchanged."""
    return Changed(ImageOps.mirror(image))


CHANGES: Mapping[str, Change] = {
    "black": _filled(0),
    "grey": _filled(128),
    "noise": _noise,
    "text": _text,
    "faint-text": _faint_text,
    "jpeg": _jpeg,
    "long-edge": _long_edge,
    "png": _png,
    "greyscale": _greyscale,
    "brightness": _brightness,
    "crop": _crop,
    "pad": _pad,
    "flip": _flip,
    "rewrite": _rewrite,
    "recolour": _recolour,
    "erase": _recolour,
}
