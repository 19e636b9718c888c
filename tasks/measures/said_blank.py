"""How often a judge says that there is nothing to see, with a blank picture and with its own."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "blank", "own")


def features(blank: Sequence[bool], own: Sequence[bool]) -> tuple[float, ...]:
    """The sums' columns of one sample: whether each answer with either picture says so."""
    return (1.0, sum(blank) / len(blank), sum(own) / len(own))


def blank_said(sums: Floats, columns: Columns) -> Floats:
    """Share of answers to a blank or missing picture that say there is nothing to see.

    Mean over samples of the share of their answers, refused and unreadable ones among them, by a
    text rule (`tasks/blankness.py`): plain English statements of the judge's own.
    """
    return ratio(sums[..., COLUMNS.index("blank")], sums[..., COLUMNS.index("n")])


def blank_said_falsely(sums: Floats, columns: Columns) -> Floats:
    """Share of answers to the same samples' own picture that say there is nothing to see.

    False alarms, of the judge or of the text rule: what `blank_said` has to be read beside.
    """
    return ratio(sums[..., COLUMNS.index("own")], sums[..., COLUMNS.index("n")])


MEASURES = (
    Measure("blank_said", None, "higher", blank_said, bounded=False),
    Measure("blank_said_falsely", None, "lower", blank_said_falsely, bounded=False),
)
