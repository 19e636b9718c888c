"""Changes of prompts and pictures in words, for people who look at what a probe asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tasks.prompts.changes import OMITTED, ImageChange, PromptChange

PICTURES: Mapping[str, Callable[[ImageChange], str]] = {
    OMITTED: lambda _: "no picture is sent",
    "black": lambda _: "a black picture of the same size",
    "grey": lambda _: "a grey picture of the same size",
    "noise": lambda _: "coloured noise of the same size",
    "text": lambda c: f"{c.text!r} written into it, {c.level:g} pixels high",
    "faint-text": lambda c: f"{c.text!r} written into it faintly, {c.level:g} pixels high",
    "jpeg": lambda c: f"packed as JPEG of quality {c.level:g}",
    "long-edge": lambda c: f"shrunk to {c.level:g} pixels on its longer side, if it is larger",
    "png": lambda _: "the same pixels, packed as PNG anew",
    "greyscale": lambda _: "without colours",
    "brightness": lambda c: f"{abs(c.level):g} % {'brighter' if c.level > 0 else 'darker'}",
    "crop": lambda c: f"cropped by {c.level:g} % at each edge",
    "pad": lambda c: f"with a white rim of {c.level:g} pixels",
    "flip": lambda _: "left and right exchanged",
    "rewrite": lambda c: f"{c.text!r} written in place of what stood there",
    "recolour": lambda c: "{} made {}".format(*c.text.split(" ", 1)),
    "erase": lambda c: f"the {c.text} thing painted over",
}


def picture_words(changes: Sequence[ImageChange]) -> str:
    """What was done to a picture; "as it is" for nothing."""
    return ", then ".join(PICTURES[change.do](change) for change in changes) or "as it is"


def prompt_words(change: PromptChange) -> Iterator[str]:
    """What differs from the configured prompt, a line each."""
    plain = PromptChange()
    if change.steps is not None:
        yield f"asked by the steps of {change.steps!r}"
    if change.wording is not None:
        yield f"the instructions in the wording {change.wording!r}"
    if change.rubric != plain.rubric:
        yield f"the scale's lines are {change.rubric}"
    if change.labels:
        yield f"verdicts are called {', '.join(change.labels)}"
    if change.remark:
        yield f"a remark before the material: {change.remark!r}"
    if change.reference:
        yield f"an answer to compare with: {_short(change.reference)!r}"
    if change.image_first:
        yield "the picture stands before the text"


def _short(text: str, most: int = 120) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
