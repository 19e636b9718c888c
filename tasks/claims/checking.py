"""What became of a judgement's claims: true, false or undecided, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from data.make.facts import ItemFacts
from tasks.claims.known import decided
from tasks.claims.quotes import stands_in
from tasks.claims.reading import LONGEST, Claim, digest

ARMS = {
    "true": "Is the following statement about the image true?",
    "false": "Is the following statement about the image false?",
}
MEANS = {("yes", "no"): True, ("no", "yes"): False}  # asked whether true, asked whether false
Said = Callable[[str], str | None]  # the verifier's answer by the name of its question
Found = Literal["true", "false", "undecided", "quoted", "misquoted", "no quote"]
WORDS: dict[bool | None, Found] = {True: "true", False: "false", None: "undecided"}


class Held(NamedTuple):
    """A claim, what was found of it, and who found it: `facts`, `verifier` or `responses`."""

    claim: Claim
    found: Found
    by: str | None


def held(
    claims: Sequence[Claim], item: ItemFacts | None, said: Said, responses: Sequence[str]
) -> tuple[Held, ...]:
    """Claims about the picture held against facts and verifier, quotations against responses."""
    return tuple(
        _pictured(claim, item, said) if claim.about == "image" else _quoted(claim, responses)
        for claim in claims
    )


def verified(claim: str, said: Said) -> bool | None:
    """What the verifier holds of a claim: true or false only if it says so to both questions."""
    answers = said(name("true", claim)), said(name("false", claim))
    return MEANS.get((str(answers[0]), str(answers[1])))


def name(arm: str, claim: str) -> str:
    """The name of the question whether a claim is true, or whether it is false."""
    return f"{arm}/{digest(claim)}"


def askable(claims: Sequence[Claim], item: ItemFacts | None) -> list[str]:
    """The claims about the picture that the verifier is asked about: short and not known."""
    return [
        claim.claim
        for claim in claims
        if claim.about == "image"
        and len(claim.claim) <= LONGEST
        and (item is None or decided(claim.claim, item) is None)
    ]


def _pictured(claim: Claim, item: ItemFacts | None, said: Said) -> Held:
    known = None if item is None else decided(claim.claim, item)
    if known is not None:
        return Held(claim, WORDS[known], "facts")
    believed = verified(claim.claim, said)
    return Held(claim, WORDS[believed], None if believed is None else "verifier")


def _quoted(claim: Claim, responses: Sequence[str]) -> Held:
    if not claim.quote:
        return Held(claim, "no quote", None)
    return Held(claim, "quoted" if stands_in(claim.quote, responses) else "misquoted", "responses")
