"""What became of a judgement's claims: true, false or undecided, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from data.make.facts import ItemFacts
from tasks.claims.known import decided
from tasks.claims.quotes import stands_in
from tasks.claims.reading import LONGEST, Claim, digest

ARMS = {"true": "Is the following statement about the image true?",
        "false": "Is the following statement about the image false?"}  # fmt: skip
YES_TO = {("yes", "no"): True, ("no", "yes"): False}  # asked whether true, asked whether false
Said = Callable[[str], str | None]  # the verifier's answer by the name of its question


class Checked(NamedTuple):
    """The claims of one judgement: about the picture by what became of them, and its quotations."""

    true: int = 0
    false: int = 0
    undecided: int = 0
    quotes: int = 0
    misquoted: int = 0


def checked(
    claims: Sequence[Claim], item: ItemFacts | None, said: Said, responses: Sequence[str]
) -> Checked:
    """The claims held against the facts, else against the verifier; quotes against the responses.

    Claims about a response count where they quote it.
    """
    ends = [truth(claim.claim, item, said) for claim in claims if claim.about == "image"]
    quotes = [claim.quote for claim in claims if claim.about == "response" and claim.quote]
    wrong = sum(not stands_in(quote, responses) for quote in quotes)
    return Checked(ends.count(True), ends.count(False), ends.count(None), len(quotes), wrong)


def truth(claim: str, item: ItemFacts | None, said: Said) -> bool | None:
    """Whether a claim about the picture is true; `None` where nobody can say."""
    known = None if item is None else decided(claim, item)
    return verified(claim, said) if known is None else known


def verified(claim: str, said: Said) -> bool | None:
    """What the verifier holds of a claim: true or false only if it says so to both questions."""
    answers = said(name("true", claim)), said(name("false", claim))
    return YES_TO.get((str(answers[0]), str(answers[1])))


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
