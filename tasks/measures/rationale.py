"""Hallucination in a judge's evidence: claims about the picture, quotations, and what they cost.

Sums run over judgements, as often as each sample was asked. What is undecided is in no rate's
numerator; limits say what the rates could be if all of it were true, or false.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tasks.claims.checking import Held
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

COLUMNS = (
    "asked", "readable", "true", "false", "undecided", "flagged",
    "quotes", "misquoted", "labelled", "consequential", "flagged_labelled", "wrong", "silent",
)  # fmt: skip
FEW = 20  # judgements with a false claim, and without
CONTROLS = ("known_true", "cleared", "known_false", "caught", "decided_wrongly", "known")


class Judgement(NamedTuple):
    """One answer: its claims (`None` if not readable), and whether its verdict is wrong.

    `wrong` is `None` without a label or without a readable verdict.
    """

    claims: tuple[Held, ...] | None
    wrong: bool | None

    @property
    def flagged(self) -> bool:
        """Whether a claim about the picture was found false."""
        return self.counts("false") > 0

    def counts(self, found: str) -> int:
        """How many claims that was found of."""
        return sum(claim.found == found for claim in self.claims or ())


def features(judgements: list[Judgement]) -> tuple[float, ...]:
    """The sums' columns of one sample."""
    found = dict.fromkeys(COLUMNS, 0.0)
    for one in judgements:
        found["asked"] += 1
        if one.claims is None:
            continue
        found["readable"] += 1
        for column in ("true", "false", "undecided", "misquoted"):
            found[column] += one.counts(column)
        found["quotes"] += one.counts("quoted") + one.counts("misquoted")
        found["flagged"] += one.flagged
        found["silent"] += all(claim.claim.about != "image" for claim in one.claims)
        if one.wrong is not None:
            found["labelled"] += 1
            found["wrong"] += one.wrong
            found["flagged_labelled"] += one.flagged
            found["consequential"] += one.flagged and one.wrong
    return tuple(found.values())


def limits(judgements: list[Judgement], labelled: bool) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if all that is undecided or unreadable spoke against the judge,
    or for it.
    """  # noqa: D205
    worst, best = dict.fromkeys(COLUMNS, 0.0), dict.fromkeys(COLUMNS, 0.0)
    for one in judgements:
        undecided, unread = one.counts("undecided"), one.claims is None
        perhaps = unread or (undecided > 0 and not one.flagged)
        worst["readable"] += unread
        best["readable"] += unread
        worst["flagged"] += perhaps
        worst["false"] += undecided
        best["true"] += undecided
        if labelled:
            counted = not unread and one.wrong is not None
            worst["labelled"] += not counted
            best["labelled"] += not counted
            new = perhaps or (one.flagged and not counted)
            worst["consequential"] += new and one.wrong is not False
    return tuple(worst.values()), tuple(best.values())


def column(sums: Floats, name: str) -> Floats:
    """A named column of sums."""
    return sums[..., COLUMNS.index(name)]


def control(sums: Floats, name: str) -> Floats:
    """A named column of the sums over known statements."""
    return sums[..., CONTROLS.index(name)]


def claim_precision(sums: Floats, columns: Columns) -> Floats:
    """Share of true claims among the decided claims about the picture.

    Its limits take all undecided claims as false, and as true.
    """
    true, false = column(sums, "true"), column(sums, "false")
    return ratio(true, true + false)


def hallucination_found(sums: Floats, columns: Columns) -> Floats:
    """Share of judgements with readable claims in which a claim about the picture was found false.

    A floor: an undecided claim is not counted as false, but its limits do so, and take judgements
    without readable claims for either.
    """
    return ratio(column(sums, "flagged"), column(sums, "readable"))


def consequential_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of labelled judgements with a false claim and a wrong verdict.

    Wrong is another verdict than the label's of a pair, a point or more off a score's label, and
    a ranking that puts any two responses the other way round than its labels.
    """
    return ratio(column(sums, "consequential"), column(sums, "labelled"))


def error_lift(sums: Floats, columns: Columns) -> Floats:
    """How much oftener verdicts are wrong with a false claim than without; 0 is no connection.

    Not defined with fewer than 20 judgements on either side.
    """
    flagged = column(sums, "flagged_labelled")
    without = _unflagged(sums, columns)
    rest = column(sums, "wrong") - column(sums, "consequential")
    lift = ratio(column(sums, "consequential"), flagged) - ratio(rest, without)
    return np.where(np.minimum(flagged, without) < FEW, np.nan, lift)


def _unflagged(sums: Floats, columns: Columns) -> Floats:
    return column(sums, "labelled") - column(sums, "flagged_labelled")


def quote_error_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of quotations that stand in none of the responses shown."""
    return ratio(column(sums, "misquoted"), column(sums, "quotes"))


def undecided_share(sums: Floats, columns: Columns) -> Floats:
    """Share of claims about the picture that neither facts nor the verifier decided."""
    every = column(sums, "true") + column(sums, "false") + column(sums, "undecided")
    return ratio(column(sums, "undecided"), every)


def claims_made(sums: Floats, columns: Columns) -> Floats:
    """Claims about the picture per judgement with readable claims."""
    every = column(sums, "true") + column(sums, "false") + column(sums, "undecided")
    return ratio(every, column(sums, "readable"))


def no_claims(sums: Floats, columns: Columns) -> Floats:
    """Share of judgements with readable claims that claim nothing about the picture."""
    return ratio(column(sums, "silent"), column(sums, "readable"))


def claims_unreadable(sums: Floats, columns: Columns) -> Floats:
    """Share of judgements asked for claims whose claims cannot be read."""
    return ratio(column(sums, "asked") - column(sums, "readable"), column(sums, "asked"))


def verifier_caught(sums: Floats, columns: Columns) -> Floats:
    """Share of known false statements that the verifier calls false in both ways of asking."""
    return ratio(control(sums, "caught"), control(sums, "known_false"))


def verifier_cleared(sums: Floats, columns: Columns) -> Floats:
    """Share of known true statements that the verifier calls true in both ways of asking."""
    return ratio(control(sums, "cleared"), control(sums, "known_true"))


def verifier_mistaken(sums: Floats, columns: Columns) -> Floats:
    """Share of known statements that the verifier decides wrongly; undecided is not wrong."""
    return ratio(control(sums, "decided_wrongly"), control(sums, "known"))


READABLE, LABEL = (part(COLUMNS, "readable"),), (part(COLUMNS, "labelled"),)
CLAIMS = (part(COLUMNS, "true", "false", "undecided"),)
MEASURES = (
    Measure("hallucination_found", None, "lower", hallucination_found, of=READABLE),
    Measure(
        "claim_precision", None, "higher", claim_precision, of=(part(COLUMNS, "true", "false"),)
    ),
    Measure(
        "quote_error_rate", None, "lower", quote_error_rate,
        bounded=False, of=(part(COLUMNS, "quotes"),),
    ),
    Measure("undecided_share", None, "lower", undecided_share, bounded=False, of=CLAIMS),
    Measure("claims_made", None, "neither", claims_made, bounded=False, of=READABLE),
    Measure("no_claims", None, "neither", no_claims, bounded=False, of=READABLE),
    Measure(
        "claims_unreadable", None, "lower", claims_unreadable,
        bounded=False, of=(part(COLUMNS, "asked"),), certain=True,
    ),
)  # fmt: skip
LABELLED = (
    Measure(
        "consequential_rate", None, "lower", consequential_rate, of=LABEL, labelled=True
    ),
    Measure(
        "error_lift", None, "neither", error_lift, bounded=False,
        of=(part(COLUMNS, "flagged_labelled"), _unflagged), labelled=True,
        undefined=f"fewer than {FEW} judgements with a false claim, or without",
    ),
)  # fmt: skip
VERIFIER = (
    Measure(
        "verifier_caught", None, "higher", verifier_caught,
        bounded=False, of=(part(CONTROLS, "known_false"),), certain=True,
    ),
    Measure(
        "verifier_cleared", None, "higher", verifier_cleared,
        bounded=False, of=(part(CONTROLS, "known_true"),), certain=True,
    ),
    Measure(
        "verifier_mistaken", None, "lower", verifier_mistaken,
        bounded=False, of=(part(CONTROLS, "known"),), certain=True,
    ),
)  # fmt: skip
EVERY = (*MEASURES, *LABELLED, *VERIFIER)
