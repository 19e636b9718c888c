"""What makes a dataset row good, whichever format it came in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from data.rankings import canonical_ranking
from data.records import LETTERS, TIE, ImageRef, Label, Mode, Response, Sample, Scale

MAX_KEY = 200
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_RESPONSES: dict[Mode, tuple[int, int]] = {
    "score": (1, 1),
    "pair": (2, 2),
    "batch": (2, len(LETTERS)),
}


class BadRowError(Exception):
    """A row that cannot be used; the message is the reason, in one line."""


def one_line(text: str, limit: int = 120) -> str:
    """The text without line breaks or unprintable characters, shortened to `limit` characters."""
    flat = " ".join(text[: 4 * limit].split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in flat)
    return shown if len(shown) <= limit else shown[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def invalid(error: ValidationError) -> str:
    """The first thing that is wrong with a row that does not fit its model."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "row"
    if first["type"] == "missing":
        return f"key {key!r} is missing"
    if first["type"] == "extra_forbidden":
        return f"key {key!r} is not known"
    return one_line(f"{key}: {first['msg']}, got {first['input']!r:.60}", 240)


def row_key(value: object, what: str = "id") -> str:
    """A row's key as text: 7, 7.0 and "7" are one key.

    Raises:
        BadRowError: it is missing, empty, not a string or number, or holds control characters.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**MAX_KEY:
        return str(value)
    if not isinstance(value, str):
        raise BadRowError(f"{what} must be a string or a whole number, got {value!r:.60}")
    key = value.strip()
    if not key or len(key) > MAX_KEY or not key.isprintable():
        raise BadRowError(f"{what} must be 1 to {MAX_KEY} printable characters, got {value!r:.60}")
    return key


def check_scale(scale: Scale) -> str | None:
    """What is wrong with a scale, or `None`."""
    return None if scale.low < scale.high else f"scale {scale.low} to {scale.high} is empty"


def check_responses(mode: Mode, count: int, labelled: bool) -> None:
    """Refuse a number of responses that the mode does not have; none at all means "to collect".

    Raises:
        BadRowError: the count is wrong, or there are labels but nothing they could be about.
    """
    if count == 0:
        if labelled:
            raise BadRowError("a row without responses cannot have labels")
        return
    low, high = _RESPONSES[mode]
    if not low <= count <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise BadRowError(f"mode {mode!r} takes {wanted} responses, got {count}")


def canonical_verdict(value: object, mode: Mode, count: int, scale: Scale) -> str:
    """A label as every table stores it: `"4"` or `"3.5"`, `"A" | "B" | "C"`, `"C=DAB"`.

    Args:
        value: the label as the file has it.
        mode: what kind of judgement it is.
        count: how many responses were ranked (batch only).
        scale: the dataset's scale (score only).

    Raises:
        BadRowError: it is no judgement of this mode, or is outside the scale.
    """
    if mode == "score":
        return _score(value, scale)
    text = value.strip() if isinstance(value, str) else ""
    if mode == "pair":
        text = TIE if text.casefold() == "tie" else text
        if text not in ("A", "B", TIE):
            raise BadRowError(f"pair label must be 'A', 'B', 'C' or 'tie', got {value!r:.60}")
        return text
    ranking = canonical_ranking(text, LETTERS[:count])
    if ranking is None:
        wanted = f"order the letters {LETTERS[:count]!r}, not all of them tied"
        raise BadRowError(f"batch label must {wanted}, got {value!r:.60}")
    return ranking


def _score(value: object, scale: Scale) -> str:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRowError(f"score label must be a number, got {value!r:.60}")
    if not scale.low <= value <= scale.high:  # false for NaN too
        outside = f"the scale {scale.low} to {scale.high}"
        raise BadRowError(f"score label must be on {outside}, got {value!r:.60}")
    return str(int(value)) if value == int(value) else repr(float(value))


def labels_of(
    given: Sequence[tuple[str, object, Any]], mode: Mode, count: int, scale: Scale
) -> tuple[Label, ...]:
    """The labels of a row from (annotator, verdict, origin) triples, verdicts made canonical.

    Raises:
        BadRowError: a verdict is wrong, or an annotator is unnamed or stands twice.
    """
    check_responses(mode, count, bool(given))
    names = [annotator for annotator, _, _ in given]
    for name in names:
        if not name.strip() or names.count(name) > 1:
            raise BadRowError(f"annotators must be named and distinct, got {names!r:.120}")
    return tuple(
        Label(
            annotator=annotator,
            verdict=canonical_verdict(verdict, mode, count, scale),
            origin=origin or "human",
        )
        for annotator, verdict, origin in given
    )


def cluster_of(images: Sequence[ImageRef]) -> str | None:
    """The sha256 that names a sample's original image; several are hashed in their order."""
    if len(images) < 2:
        return images[0].sha256 if images else None
    return _sha256("".join(image.sha256 for image in images))


def item_of(instruction: str, images: Sequence[ImageRef]) -> str:
    """A name for an image–instruction pair that follows from its content alone."""
    return _sha256("\n".join([*(image.sha256 for image in images), instruction]))[:24]


def checked(sample: Sample) -> Sample:
    """The sample, once its texts are known to be fit for tables and requests.

    Raises:
        BadRowError: a text holds a NUL character.
    """
    if "\0" in sample.instruction or any(_holds_nul(response) for response in sample.responses):
        raise BadRowError("a text holds a NUL character")
    return sample


def _holds_nul(response: Response) -> bool:
    return "\0" in response.text or "\0" in response.author


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
