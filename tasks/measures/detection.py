"""Detection: a response with one planted defect beside the same response without it.

A score is compared draw by draw with the scores of the original; in pair comparison the two stand
side by side in both orders. Either way a draw is worth 1 where the original is preferred, 1/2
where neither is, so that one figure reads the same in both tracks. Harmless edits of the same
originals say what a judge prefers by chance or by taste.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

COLUMNS = (
    "n", "auc", "drop", "detected",
    "edits", "alarms",
    "known", "seen_hit", "seen_missed", "unseen_hit", "unseen_missed",
    "questioned", "unknown",
)  # fmt: skip
WIDTH = len(COLUMNS)


@dataclass(frozen=True)
class Compared:
    """An original and an edit of it in one track.

    `auc` is P(original preferred) + P(neither) / 2; `hit` is P(the edit is put below the original):
    scored lower, or in pair comparison the original chosen in both orders. `drop` is in points, 0
    in pairs. `low` and `high` are (auc, drop, hit) if every unreadable draw spoke for the edit or
    for the original.
    """

    read: bool
    auc: float
    drop: float
    hit: float
    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True)
class Trial:
    """A planted defect; `seen` says whether the questions about it were answered right.

    `questioned` is whether there were any; `seen` is `None` where an answer was unsure or cannot
    be read and none was wrong.
    """

    compared: Compared
    questioned: bool = False
    seen: bool | None = None


@dataclass
class Tally:
    """The sums' columns of one sample, and what is added to them at worst and at best."""

    given: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0.0))
    worst: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0.0))
    best: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0.0))


def scored(gold: Sequence[float | None], edit: Sequence[float | None], span: float) -> Compared:
    """The comparison of two responses' scores; `span` is the scale's length in points."""
    draws = list(product(gold, edit))
    read = [(g, e) for g, e in draws if g is not None and e is not None]
    most, none = [(1.0, span, 1.0)], [(0.0, -span, 0.0)]
    each = [(_half(g - e), g - e, float(e < g)) for g, e in read]
    lost = len(draws) - len(read)
    auc, drop, hit = _means(each)
    return Compared(
        bool(read), auc, drop, hit, _means(each + none * lost), _means(each + most * lost)
    )


def paired(first: Sequence[float | None], last: Sequence[float | None]) -> Compared:
    """The comparison in pairs: 1, 1/2 or 0 for the original, shown first and shown last."""
    draws = list(product(first, last))
    read = [(a, b) for a, b in draws if a is not None and b is not None]
    each = [_both(a, b) for a, b in read]
    low, high = (
        _means([_both(end if a is None else a, end if b is None else b) for a, b in draws])
        for end in (0.0, 1.0)
    )
    auc, drop, hit = _means(each)
    return Compared(bool(read), auc, drop, hit, low, high)


def features(
    trials: Sequence[Trial], edits: Sequence[Compared]
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """The sums' columns of one original with its defects and harmless edits, and the limits."""
    tally = Tally()
    for trial in trials:
        compared = trial.compared
        names = ("auc", "drop", "detected")
        _add(tally, "n", names, compared)
        _add_seen(tally, trial)
    for compared in edits:
        # a false alarm is best where it is rarest
        _add(tally, "edits", ("", "", "alarms"), compared, turned=True)
    return tuple(tally.given.values()), (tuple(tally.worst.values()), tuple(tally.best.values()))


def _add(
    tally: Tally, count: str, names: tuple[str, str, str], compared: Compared, turned: bool = False
) -> None:
    values = (compared.auc, compared.drop, compared.hit)
    tally.given[count] += compared.read
    ends = (compared.high, compared.low) if turned else (compared.low, compared.high)
    for into, end in zip((tally.worst, tally.best), ends, strict=True):
        into[count] += 1.0 - compared.read
        for name, value, limit in zip(names, values, end, strict=True):
            if name:
                into[name] += limit - (value if compared.read else 0.0)
    for name, value in zip(names, values, strict=True):
        if name and compared.read:
            tally.given[name] += value


def _add_seen(tally: Tally, trial: Trial) -> None:
    """The two by two of what was seen and what was put lower; the limits take what is not known.

    At worst what is not known was seen, so that missing it is the judge's fault.
    """
    if not trial.questioned or not trial.compared.read:
        return
    hit = trial.compared.hit
    tally.given["questioned"] += 1.0
    if trial.seen is None:
        tally.given["unknown"] += 1.0
        for into, name in ((tally.worst, "seen"), (tally.best, "unseen")):
            into["known"] += 1.0
            into[f"{name}_hit"] += hit
            into[f"{name}_missed"] += 1.0 - hit
        return
    name = "seen" if trial.seen else "unseen"
    tally.given["known"] += 1.0
    tally.given[f"{name}_hit"] += hit
    tally.given[f"{name}_missed"] += 1.0 - hit


def _half(difference: float) -> float:
    return 0.5 + 0.5 * ((difference > 0) - (difference < 0))


def _both(first: float, last: float) -> tuple[float, float, float]:
    return (first + last) / 2, 0.0, float(first == last == 1.0)


def _means(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    n = max(len(rows), 1)
    return sum(r[0] for r in rows) / n, sum(r[1] for r in rows) / n, sum(r[2] for r in rows) / n


def _column(sums: Floats, name: str) -> Floats:
    return sums[..., COLUMNS.index(name)]


def auc_detect(sums: Floats, columns: Columns) -> Floats:
    """P(the original is preferred to the same response with a defect) + P(neither) / 2.

    By two scores or side by side in both orders; 1/2 is chance.
    """
    return ratio(_column(sums, "auc"), _column(sums, "n"))


def score_drop(sums: Floats, columns: Columns) -> Floats:
    """How many points a defect costs on average."""
    return ratio(_column(sums, "drop"), _column(sums, "n"))


def detected(sums: Floats, columns: Columns) -> Floats:
    """Share of defects for which the response is put below the original.

    Scored lower, or in pair comparison the original chosen in both orders.
    """
    return ratio(_column(sums, "detected"), _column(sums, "n"))


def false_alarm(sums: Floats, columns: Columns) -> Floats:
    """Share of harmless edits for which the response is put below the original."""
    return ratio(_column(sums, "alarms"), _column(sums, "edits"))


def youden(sums: Floats, columns: Columns) -> Floats:
    """Detection less false alarms on harmless edits of the same originals; 0 is chance."""
    return detected(sums, columns) - false_alarm(sums, columns)


def defects_seen(sums: Floats, columns: Columns) -> Floats:
    """Share of defects whose fact the judge sees right when asked about it in a separate call."""
    seen = _column(sums, "seen_hit") + _column(sums, "seen_missed")
    return ratio(seen, _column(sums, "known"))


def missed_unseen(sums: Floats, columns: Columns) -> Floats:
    """Share of defects that are neither seen right when asked about nor put below the original."""
    return ratio(_column(sums, "unseen_missed"), _column(sums, "known"))


def missed_seen(sums: Floats, columns: Columns) -> Floats:
    """Share of defects that are seen right when asked about, yet not put below the original."""
    return ratio(_column(sums, "seen_missed"), _column(sums, "known"))


def penalised_if_seen(sums: Floats, columns: Columns) -> Floats:
    """Of the defects that are seen right when asked about, the share put below the original."""
    hit = _column(sums, "seen_hit")
    return ratio(hit, hit + _column(sums, "seen_missed"))


def sight_unknown(sums: Floats, columns: Columns) -> Floats:
    """Share of defects of which an answer was unsure or unreadable, and none wrong."""
    return ratio(_column(sums, "unknown"), _column(sums, "questioned"))


PLANTED, HARMLESS = part(COLUMNS, "n"), part(COLUMNS, "edits")
KNOWN = (part(COLUMNS, "known"),)
AUC = Measure("auc_detect", None, "higher", auc_detect, of=(PLANTED,))
DROP = Measure("score_drop", "score", "higher", score_drop, of=(PLANTED,))
DETECTED = Measure("detected", None, "higher", detected, of=(PLANTED,))
ALARM = Measure("false_alarm", None, "lower", false_alarm, of=(HARMLESS,))
YOUDEN = Measure("youden", None, "higher", youden, of=(PLANTED, HARMLESS))
SIGHT = (
    Measure("defects_seen", None, "higher", defects_seen, of=KNOWN),
    Measure("missed_unseen", None, "lower", missed_unseen, of=KNOWN),
    Measure("missed_seen", None, "lower", missed_seen, of=KNOWN),
    Measure(
        "penalised_if_seen", None, "higher", penalised_if_seen,
        bounded=False, of=(part(COLUMNS, "seen_hit", "seen_missed"),),
    ),
    Measure(
        "sight_unknown", None, "neither", sight_unknown,
        bounded=False, of=(part(COLUMNS, "questioned"),), certain=True,
    ),
)  # fmt: skip
MEASURES = (AUC, DROP, DETECTED, ALARM, YOUDEN, *SIGHT)
