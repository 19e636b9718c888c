"""Whose turn it is: which of several frozen variants a sample gets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def turn(options: Sequence[T], sample_id: str, about: str) -> T:
    """The option of a sample; `about` keeps the choices of different probes apart."""
    digest = hashlib.sha256(f"{about}\n{sample_id}".encode()).digest()
    return options[int.from_bytes(digest[:8]) % len(options)]
