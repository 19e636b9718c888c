"""What a card says of a figure: whether it is seen, among how many, and what it is no merit of.

`beside` holds the other estimates of the same arm by measure. What is missing counts at its worst:
an interval is moved by as far as the missing verdicts could move the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import false_discovery_control, norm

Row = Mapping[str, Any]

WIDE = 0.02  # of limits, of shares missing and of changes, to be said on the card
FEWEST_IMAGES = 10  # for a finding to be called seen
SHIFTS = frozenset({  # measures whose zero is "no effect"
    "effect", "excess_change", "raised", "captured", "loss_shift", "unreadable_shift",
    "effect_spread", "first_preference", "first_slot_lift", "copy_rate", "slot_correlation",
    "excess_flip", "excess_reordering", "excess_distance", "first_listed_shift", "anchor_slope",
    "self_preference", "agreement_lost", "effect_slope",
    "agreement_shift", "noise_shift", "conflict_excess", "wording_range",
})  # fmt: skip
GAINS = frozenset({"raised", "captured"})  # above zero where every changed prompt is answered anew
ANSWERED = "in what was answered"
SAME = "it says the same about everything"


def corrected(rows: Sequence[Row]) -> list[float | None]:
    """The p of no effect of each shift, corrected for all of them (Benjamini and Hochberg 1995).

    From the interval, taken as that of a normal estimate.
    """
    tested = [
        at
        for at, row in enumerate(rows)
        if row["metric"] in SHIFTS and row["low"] is not None and row["high"] > row["low"]
    ]
    found: list[float | None] = [None] * len(rows)
    if tested:
        errors = [
            (rows[at]["high"] - rows[at]["low"]) / 2 / norm.ppf((1 + rows[at]["level"]) / 2)
            for at in tested
        ]
        z = [abs(rows[at]["value"]) / error for at, error in zip(tested, errors, strict=True)]
        for at, p in zip(tested, false_discovery_control(2 * norm.sf(z)), strict=True):
            found[at] = float(p)
    return found


def finding_words(row: Row, p: float | None, beside: Mapping[str, Row], same: bool) -> str:
    """What a finding says; `same` is a judge that says the same about everything."""
    if row["value"] is None:
        said = [str(row["note"] or "not defined")]
    elif row["metric"] in SHIFTS:
        said = _shift(row, p, beside)
    else:
        said = [row["note"] or "", _repeated(row, beside), _unknown(row)]
    if same and not said[0].startswith("seen"):
        said.append(SAME)
    return "; ".join(part for part in said if part)


def trust_words(row: Row, against: Row | None) -> str:
    """What the primary measure of a judge says beside the best baseline."""
    if row["value"] is None:
        return str(row["note"] or "not defined")
    if against is None or against["value"] is None or against["low"] is None:
        return "; ".join(part for part in ("no comparison with a baseline", missing(row)) if part)
    lost = against["share_lost"] or 0.0
    asked = round(against["n"] / (1 - lost)) if lost < 1 else against["n"]
    open_ = missing({**against, "n_missing": asked - against["n"]})
    where = f" {ANSWERED}" if open_ else ""
    if against["low"] > 0:
        said = f"better than the best baseline{where}"
    elif against["high"] < 0:
        said = f"worse than the best baseline{where}, which needs no judge"
    else:
        said = f"not told apart from the best baseline{where}, which needs no judge"
    return f"{said}; {open_}" if open_ else said


def missing(row: Row) -> str:
    """How many verdicts are missing and what they could change; empty where that is little."""
    lost, asked = row["n_missing"], row["n"] + row["n_missing"]
    low, high = row["bound_low"], row["bound_high"]
    how_many = f"{lost} of {asked} missing" if lost else "some answers missing"
    if low is None or high is None:
        told = lost > WIDE * asked if lost else "no limits" in (row.get("note") or "")
        return f"{how_many}, and what they could change is not known" if told else ""
    value, ends = row["value"], (row["low"], row["high"])
    chance = [0.0 if end is None else abs(value - end) / 2 for end in ends]
    wide = value - low > max(WIDE, chance[0]) or high - value > max(WIDE, chance[1])
    if wide or _could_be_nothing(row):
        return f"{how_many}, {low:.3f} to {high:.3f} if all were known"
    return ""


def _shift(row: Row, p: float | None, beside: Mapping[str, Row]) -> list[str]:
    open_ = missing(row)
    if row["low"] is None:
        return ["no interval", open_]
    if row["clusters"] < FEWEST_IMAGES and row["metric"] != "self_preference":  # of responders
        unit = "images" if row["clustered"] else "rows"
        return [f"{row['clusters']} {unit} are too few to say", open_]
    if not _away(row):
        most = max(map(abs, _moved(row)))
        said = [f"not seen {ANSWERED}"] if open_ else [f"not seen; at most {most:.3f} either way"]
        return [*said, open_, _restless(row, beside)]
    effect = beside.get("effect")
    if row["metric"] in GAINS and effect is not None and not _away(effect):
        return ["more than in a rerun, but in no direction: the effect is not seen", open_]
    if p is not None and p > 1 - row["level"]:
        return ["seen alone, not when all findings are looked at together", open_]
    seen = f"seen {ANSWERED} only" if open_ and _could_be_nothing(row) else "seen"
    how = "how many change, not which way" if row["metric"] == "excess_change" else ""
    return [seen, open_, how]


def _away(row: Row) -> bool:
    """Whether the interval leaves out zero; an excess below it is noise."""
    if row["low"] is None:
        return False
    return bool(row["low"] > 0 or (row["high"] < 0 and not row["metric"].startswith("excess_")))


def _moved(row: Row) -> tuple[float, float]:
    """The interval with what is missing at its worst on either side."""
    value, low, high = row["value"], row["bound_low"], row["bound_high"]
    below = 0.0 if low is None else max(value - low, 0.0)
    above = 0.0 if high is None else max(high - value, 0.0)
    return row["low"] - below, row["high"] + above


def _could_be_nothing(row: Row) -> bool:
    """Whether the interval leaves out zero, but would not if what is missing were known."""
    if row["low"] is None or row["low"] <= 0 <= row["high"]:
        return False
    if row["bound_low"] is None or row["bound_high"] is None:
        return bool(row["n_missing"])
    low, high = _moved(row)
    return low <= 0 <= high


def _restless(row: Row, beside: Mapping[str, Row]) -> str:
    """That an effect without a direction changes verdicts all the same."""
    excess = beside.get("excess_change")
    if row["metric"] != "effect" or excess is None or excess["low"] is None:
        return ""
    chance = excess.get("p") is not None and excess["p"] > 1 - excess["level"]
    if excess["low"] <= WIDE or excess["clusters"] < FEWEST_IMAGES or chance:
        return ""
    share = f"{excess['value']:.0%} of readable verdicts change with it beyond repeats"
    return f"no direction, but {share}"


def _repeated(row: Row, beside: Mapping[str, Row]) -> str:
    """That a judge may repeat itself no oftener than its answers would if they were shuffled."""
    alpha = beside.get("repeat_alpha")
    if row["metric"] != "repeat_agreement" or alpha is None or alpha["low"] is None:
        return ""
    if alpha["low"] > 0:
        return ""
    return f"not told apart from chance (alpha {alpha['low']:.3f} to {alpha['high']:.3f})"


def _unknown(row: Row) -> str:
    """What the value could be if what is missing or undecided were known, where that is much."""
    lost, low, high = row["n_missing"], row["bound_low"], row["bound_high"]
    how_many = f"{lost} of {row['n'] + lost} missing" if lost else ""
    if low is None or high is None or high - low < WIDE:
        return how_many if lost > WIDE * (row["n"] + lost) else ""
    known = f"{low:.3f} to {high:.3f} if all were known"
    return f"{how_many}, {known}" if how_many else known
