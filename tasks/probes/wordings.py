"""Which frozen wording a sample gets, and how it is put around a response."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from data.records import LETTERS, Response, Sample

SENTENCE = re.compile(r"(?<=[.!?])\s+")
Words = Mapping[str, tuple[str, ...]]  # wordings by key
T = TypeVar("T")


def numbered(*wordings: str) -> Words:
    """Wordings under keys that are their numbers."""
    return {str(number): (wording,) for number, wording in enumerate(wordings, 1)}


def rotated(options: Sequence[T], sample_id: str, about: str = "") -> T:
    """The option whose turn it is for a sample; `about` keeps two choices apart."""
    digest = hashlib.sha256(f"{about}\n{sample_id}".encode()).digest()
    return options[int.from_bytes(digest[:8]) % len(options)]


def chosen(words: Words, sample_id: str) -> tuple[str, str]:
    """The key and the wording that a sample gets."""
    key = rotated(tuple(words), sample_id)
    return key, rotated(words[key], sample_id, "wording")


def sentences(text: str) -> list[str]:
    """A text's sentences."""
    return [sentence for sentence in SENTENCE.split(text.strip()) if sentence]


def first_half(text: str) -> str:
    """The first half of a text's sentences; empty where there is but one."""
    found = sentences(text)
    return " ".join(found[: (len(found) + 1) // 2]) if len(found) > 1 else ""


def called(target: int, size: int) -> dict[str, str]:
    """What a remark calls one response's author and the others'."""
    others = [LETTERS[own] for own in range(size) if own != target]
    listed = " and ".join(filter(None, [", ".join(others[:-1]), *others[-1:]]))
    noun = "Assistants" if len(others) > 1 else "Assistant"
    return {"name": f"Assistant {LETTERS[target]}", "others": f"{noun} {listed}"}


def replaced(sample: Sample, target: int, text: str) -> Sample:
    """The sample with another text in place of one response's."""
    responses = list(sample.responses)
    responses[target] = Response(author=responses[target].author, text=text)
    return sample.model_copy(update={"responses": tuple(responses)})
