"""Perception: yes/no questions about a picture whose right answers are known.

`yes` is the positive class. An `unsure` is an outcome of its own and never right; an answer that
cannot be read is no answer, and the limits say what it could have been.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.measures.kinds import Columns, Floats, Measure, part, ratio

COLUMNS = (
    "said_yes_right", "said_yes_wrong", "said_no_right", "said_no_wrong",
    "unsure_yes", "unsure_no", "unread", "asked",
    "groups", "groups_right", "chance",
    "pairs", "pairs_right",
)  # fmt: skip
WIDTH = len(COLUMNS)
Answered = tuple[str, str | None]  # the truth and what was said; `None` where it is not readable


def features(
    group: Sequence[Answered], pairs: Sequence[tuple[Answered, Answered]] = ()
) -> tuple[float, ...]:
    """The sums' columns of one item.

    `group` are all questions of the item in an arm, `pairs` the same question asked of the
    picture and of its edited version.
    """
    found = dict.fromkeys(COLUMNS, 0.0)
    for truth, said in group:
        found["asked"] += 1
        found[_outcome(truth, said)] += 1
    if group and all(said is not None for _, said in group):
        found |= {"groups": 1.0, "chance": 0.5 ** len(group)}
        found["groups_right"] = float(all(truth == said for truth, said in group))
    for pair in pairs:
        if all(said is not None for _, said in pair):
            found["pairs"] += 1
            found["pairs_right"] += float(all(truth == said for truth, said in pair))
    return tuple(found.values())


def limits(
    group: Sequence[Answered], pairs: Sequence[tuple[Answered, Answered]] = ()
) -> tuple[tuple[float, ...], ...]:
    """What is added to the columns if every unreadable answer were wrong, or right."""
    if all(said is not None for _, said in group):
        return ((0.0,) * WIDTH,) * 2
    given = features(group, pairs)
    ends = []
    for right in (False, True):
        full = features(
            [_filled(each, right) for each in group],
            [(_filled(one, right), _filled(two, right)) for one, two in pairs],
        )
        ends.append(tuple(new - old for new, old in zip(full, given, strict=True)))
    return tuple(ends)


def _filled(answered: Answered, right: bool) -> Answered:
    truth, said = answered
    other = "no" if truth == "yes" else "yes"
    return truth, (said if said is not None else truth if right else other)


def _outcome(truth: str, said: str | None) -> str:
    if said is None:
        return "unread"
    if said not in {"yes", "no"}:
        return f"unsure_{truth}"
    return f"said_{said}_{'right' if said == truth else 'wrong'}"


def _column(sums: Floats, name: str) -> Floats:
    return sums[..., COLUMNS.index(name)]


def _read(sums: Floats) -> Floats:
    return _column(sums, "asked") - _column(sums, "unread")


def seen_accuracy(sums: Floats, columns: Columns) -> Floats:
    """Share of readable answers about the picture that are right; `unsure` is not (chance 1/2)."""
    return ratio(_column(sums, "said_yes_right") + _column(sums, "said_no_right"), _read(sums))


def seen_precision(sums: Floats, columns: Columns) -> Floats:
    """Share of `yes` that are right."""
    right = _column(sums, "said_yes_right")
    return ratio(right, right + _column(sums, "said_yes_wrong"))


def seen_recall(sums: Floats, columns: Columns) -> Floats:
    """Share of what is in the picture that got a `yes`; `unsure` is a miss."""
    right = _column(sums, "said_yes_right")
    return ratio(right, right + _column(sums, "said_no_wrong") + _column(sums, "unsure_yes"))


def seen_f1(sums: Floats, columns: Columns) -> Floats:
    """Harmonic mean of precision and recall, `yes` the positive class.

    Source: POPE (Li et al. 2023).
    """
    right = _column(sums, "said_yes_right")
    missed = _column(sums, "said_no_wrong") + _column(sums, "unsure_yes")
    return ratio(2 * right, 2 * right + _column(sums, "said_yes_wrong") + missed)


def yes_ratio(sums: Floats, columns: Columns) -> Floats:
    """Share of readable answers that are `yes`."""
    yes = _column(sums, "said_yes_right") + _column(sums, "said_yes_wrong")
    return ratio(yes, _read(sums))


def unsure_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of readable answers that are `unsure`."""
    return ratio(_column(sums, "unsure_yes") + _column(sums, "unsure_no"), _read(sums))


def unread_rate(sums: Floats, columns: Columns) -> Floats:
    """Share of questions about the picture without a readable answer."""
    return ratio(_column(sums, "unread"), _column(sums, "asked"))


def group_accuracy(sums: Floats, columns: Columns) -> Floats:
    """Share of items of which every question was answered right (all or nothing)."""
    return ratio(_column(sums, "groups_right"), _column(sums, "groups"))


def group_chance(sums: Floats, columns: Columns) -> Floats:
    """What `group_accuracy` is for a judge that guesses: 1/2 to the number of questions."""
    return ratio(_column(sums, "chance"), _column(sums, "groups"))


def edit_accuracy(sums: Floats, columns: Columns) -> Floats:
    """Share of questions answered right both of a picture and of the edited one in which the other
    answer is right (chance 1/4; 0 for a judge that says the same to every picture).
    """  # noqa: D205
    return ratio(_column(sums, "pairs_right"), _column(sums, "pairs"))


ASKED, GROUPS = (part(COLUMNS, "asked"),), (part(COLUMNS, "groups"),)
YES = "said_yes_right", "said_yes_wrong"
MISSED = "said_no_wrong", "unsure_yes"
READ = (part(COLUMNS, *YES, *MISSED, "said_no_right", "unsure_no"),)
ANSWERS = (
    Measure("seen_accuracy", None, "higher", seen_accuracy, of=READ),
    Measure("seen_precision", None, "higher", seen_precision, of=(part(COLUMNS, *YES),)),
    Measure(
        "seen_recall", None, "higher", seen_recall, of=(part(COLUMNS, "said_yes_right", *MISSED),)
    ),
    Measure("seen_f1", None, "higher", seen_f1, of=(part(COLUMNS, *YES, *MISSED),)),
    Measure("yes_ratio", None, "neither", yes_ratio, bounded=False, of=READ),
    Measure("unsure_rate", None, "neither", unsure_rate, bounded=False, of=READ),
    Measure("unread_rate", None, "lower", unread_rate, bounded=False, of=ASKED, certain=True),
    Measure("group_accuracy", None, "higher", group_accuracy, of=GROUPS),
    Measure("group_chance", None, "neither", group_chance, of=GROUPS),
)
PAIRS = (part(COLUMNS, "pairs"),)
EDITED = (Measure("edit_accuracy", None, "higher", edit_accuracy, of=PAIRS), *ANSWERS[-2:])
MEASURES = (*ANSWERS, EDITED[0])
