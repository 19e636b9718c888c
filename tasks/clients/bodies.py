"""Request bodies as bytes: images join them already encoded, past the JSON encoder."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from tasks.clients.failures import ImageBytes

_MARK = f"image-{secrets.token_hex(16)}-"  # no text can hold it: nobody knows it
_DIGITS = 6
Encoded = Callable[[str, str], str]


def content(write: Callable[[Encoded], dict[str, Any]], images: ImageBytes) -> bytes:
    """A body as compact JSON in UTF-8.

    Args:
        write: makes the body, given a function from an image to its base64 text.
        images: where image bytes are found.
    """
    wanted: list[tuple[str, str]] = []

    def mark(sha256: str, media_type: str) -> str:
        wanted.append((sha256, media_type))
        return f"{_MARK}{len(wanted) - 1:0{_DIGITS}}"

    text = json.dumps(write(mark), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    first, *others = text.split(_MARK)
    pieces = [first.encode()]
    for other in others:
        pieces += images.base64(*wanted[int(other[:_DIGITS])]), other[_DIGITS:].encode()
    return b"".join(pieces)
