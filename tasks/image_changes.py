"""What probes do to a picture: pure functions of its pixels, the dose and a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from PIL import Image

from data.errors import DefectError
from data.make import retouch
from data.make.facts import Box
from tasks.prompts.changes import ImageChange

Sent = tuple[bytes, str, tuple[int, int]]


class Changed(NamedTuple):
    """A changed picture; `content` where the change is in how it is encoded."""

    image: Image.Image
    content: Sent | None = None


def changed(image: Image.Image, changes: Sequence[ImageChange], seed: str) -> Changed:
    """The picture after its changes, one after the other.

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


def _filled(colour: int) -> Callable[[Image.Image, ImageChange, str], Changed]:
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


CHANGES: Mapping[str, Callable[[Image.Image, ImageChange, str], Changed]] = {
    "black": _filled(0),
    "grey": _filled(128),
    "rewrite": _rewrite,
    "recolour": _recolour,
    "erase": _recolour,
}
