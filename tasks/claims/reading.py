"""Reads the claims out of a judge's answer, or says that it cannot; there is no empty default."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from data.records import Record
from tasks.parsing import FENCE, NOISE

MOST = 8  # claims of one judgement that are looked at; the prompt asks for no more
LONGEST = 400  # characters of a claim that is asked about
KINDS = ("object", "count", "colour", "text", "position", "other")
ABOUT: Mapping[str, Literal["image", "response"]] = {
    "image": "image",
    "picture": "image",
    "response": "response",
    "answer": "response",
}
SPELT = {"color": "colour"}


class Claim(Record):
    """One claim of a judgement; `quote` is empty where it quotes nothing."""

    claim: str
    about: Literal["image", "response"]
    kind: str
    quote: str = ""


def read_claims(text: str | None) -> tuple[Claim, ...] | None:
    """The claims of an answer, each once and at most `MOST`; `None` where they are not readable.

    An empty tuple says that the judge gave an empty list, which is something else than `None`.

    >>> read_claims('{"Claims": [], "Judgement": "[[4]]"}')
    ()
    >>> read_claims('{"Claims": [{"claim": "Two dogs."') is None
    True
    """
    listed = _listed(text or "")
    if listed is None:
        return None
    claims = [_claim(entry) for entry in listed]
    if any(claim is None for claim in claims):
        return None
    once = {(claim.about, normal(claim.claim)): claim for claim in reversed(claims) if claim}
    return tuple(reversed(once.values()))[:MOST]


def digest(statement: str) -> str:
    """What names a statement, whatever its case, spaces and closing full stop."""
    return hashlib.sha256(normal(statement).encode()).hexdigest()[:16]


def normal(text: str) -> str:
    """The text in one case, spaces collapsed, typographic signs plain, no full stop at its end."""
    plain = unicodedata.normalize("NFKC", text).translate(PLAIN).casefold()
    return " ".join(plain.split()).rstrip(". ")


PLAIN = str.maketrans(  # typographic quotation marks, dashes and the minus sign
    "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2013\u2014\u2212", '\'\'"""""---'
)
_KEY = re.compile(r'"claims"\s*:', re.IGNORECASE)


def _listed(text: str) -> list[Any] | None:
    """The list under the claims' key of the first valid JSON object that has one."""
    clean = FENCE.sub("", NOISE.sub("", text))
    decoder = json.JSONDecoder(strict=False)
    start = clean.find("{")
    while start >= 0 and _KEY.search(clean, start):
        try:
            found, end = decoder.raw_decode(clean, start)
        except (ValueError, RecursionError):
            return None
        keyed = {key.strip().casefold(): value for key, value in found.items()}
        if "claims" in keyed:
            return keyed["claims"] if isinstance(keyed["claims"], list) else None
        start = clean.find("{", end)
    return None


def _claim(entry: Any) -> Claim | None:
    """A list entry as a claim; `None` if it is none."""
    if not isinstance(entry, dict):
        return None
    said = entry.get("claim")
    about = ABOUT.get(str(entry.get("about")).strip().casefold())
    if not isinstance(said, str) or not said.strip() or about is None:
        return None
    kind = str(entry.get("kind")).strip().casefold()
    kind = SPELT.get(kind, kind)
    quote = entry.get("quote")
    return Claim.model_construct(
        claim=" ".join(said.split()),
        about=about,
        kind=kind if kind in KINDS else "other",
        quote=quote.strip() if isinstance(quote, str) else "",
    )
