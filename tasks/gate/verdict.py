"""The verdict of the gate, in a record and in a line that a person can act on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import polars as pl

from tasks.config import GateConfig
from tasks.gate.causes import Causes
from tasks.gate.items import Items
from tasks.gate.rule import fails

Status = Literal["passed", "regression", "not shown", "accepted", "first", "withheld", "off"]


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side: `before` and `now` are their names."""

    before: str
    now: str
    table: pl.DataFrame
    tests: int
    items: Items
    causes: Mapping[str, Causes]
    cautions: tuple[str, ...] = ()


Wrong = tuple[Comparison, dict[str, Any]]


@dataclass(frozen=True)
class GateVerdict:
    """How a run came out of its gate, a line that says so, and for whom it may be a baseline."""

    status: Status
    said: str
    baseline_for: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    promise: Mapping[str, Any] = field(default_factory=dict)
    comparisons: tuple[Mapping[str, Any], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the run fails by it."""
        return self.status in ("regression", "not shown")

    def told(self) -> dict[str, Any]:
        """As a plain value."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def judged(
    comparisons: Sequence[Comparison],
    new: Collection[str],
    gate: GateConfig,
    accepted: bool,
    simulated: Collection[str] = (),
) -> GateVerdict:
    """The verdict on a run from its comparisons; `new` are the judges without a baseline."""
    notes = [f"judge {name!r} has no last good run: this one is its first" for name in sorted(new)]
    if not comparisons:
        said = "no baseline: no last good run of this dataset, these judges and measures"
        return GateVerdict("first", said, tuple(sorted(new)), notes=tuple(notes))
    found = [(c, row) for c in comparisons for row in deciding(c.table)]
    wrong = [(c, row) for c, row in found if fails(row["finding"], gate)]
    undecided = [row for _, row in found if row["finding"] == "undecided"]
    status: Status = "passed"
    said = f"no regression in {len(found)} tests against {_names(comparisons)}"
    if undecided:
        said += f"; {len(undecided)} undecided: too few images to exclude a loss that matters"
    if wrong:
        worst = "regression" if any(r["finding"] == "regression" for _, r in wrong) else "not shown"
        status = "accepted" if accepted else worst  # type: ignore[assignment]
        said = lines(wrong, simulated)
        said = f"accepted by a person: {said}" if accepted else said
    bad = {row["judge"] for _, row in wrong}
    still = {name for c in comparisons for name, of in c.causes.items() if not of.ours}
    notes += [_note(c, name, accepted) for c in comparisons for name in c.causes]
    return GateVerdict(
        status=status,
        said=said,
        baseline_for=tuple(sorted({*new, *(still - bad)})),
        against=tuple(c.before for c in comparisons),
        notes=(*notes, *(each for c in comparisons for each in c.cautions)),
        promise={
            "false_alarms": gate.false_alarms,
            "tests": comparisons[0].tests,
            "rule": gate.rule,
        },
        comparisons=tuple(told(c) for c in comparisons),
    )


def deciding(table: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a comparison that decide."""
    return table.filter("decides").to_dicts()


def cells_of(row: Mapping[str, Any]) -> dict[str, str]:
    """A deciding row as text, by the heads of its columns."""
    return {
        "judge": row["judge"],
        "mode": row["mode"],
        "measure": row["metric"],
        "finding": row["finding"],
        "before": _number(row["before"]),
        "now": _number(row["now"]),
        "difference": _number(row["value"], "+"),
        "interval": _span(row["low"], row["high"]),
        "smallest": f"{row['smallest']:g}",
        "sees": _number(row["sees"]),
        "if missing known": _bounds(row),
        "n": str(row["n"]),
        "lost": "-" if row["share_lost"] is None else f"{row['share_lost']:.1%}",
        "images": str(row["clusters"]) + ("" if row["clustered"] else " (unclustered)"),
        "against": row["against"],
    }


def told(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a plain value; its exploratory rows are in the table alone."""
    items = comparison.items
    return {
        "before": comparison.before,
        "now": comparison.now,
        "tests": comparison.tests,
        "items": {
            "common": len(items.common),
            "added": items.added,
            "removed": items.removed,
            "changed": items.changed,
            "labelled anew": items.relabelled,
        },
        "judges": {name: found.told() for name, found in comparison.causes.items()},
        "cautions": list(comparison.cautions),
        "deciding": deciding(comparison.table),
    }


def line(comparison: Comparison, row: Mapping[str, Any], simulated: Collection[str] = ()) -> str:
    """A finding in one line: who, what, how much, against which run, whose doing."""
    who = f"judge {row['judge']!r}" + (" (simulated)" if row["judge"] in simulated else "")
    what = f"{who}, {row['mode']}: {row['metric']}"
    if row["value"] is None or row["low"] is None:
        return f"{row['finding']}: {what} cannot be compared with run {comparison.before}"
    unit = "images" if row["clustered"] else "rows"
    size = (
        f"{row['before']:.3f} -> {row['now']:.3f}, {row['value']:+.3f} "
        f"({100 * row['level']:.4g} % interval {row['low']:+.3f} to {row['high']:+.3f}, smallest "
        f"difference of interest {row['smallest']:g}, {row['clusters']} {unit})"
    )
    found = comparison.causes.get(row["judge"])
    whose = f"; {found.said}" if found else ""
    way = f"; `judgeflow runs pin {comparison.now}` accepts it" if found and found.ours else ""
    return f"{row['finding']}: {what} {size} against run {comparison.before}{whose}{way}"


def lines(wrong: Sequence[Wrong], simulated: Collection[str] = ()) -> str:
    """The regression that is largest in units of what matters in a line, and how many more."""

    def size(each: Wrong) -> tuple[bool, float]:
        row = each[1]
        return row["finding"] == "regression", abs(row["value"] or 0) / (row["smallest"] or 1)

    more = f" (+{len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return line(*max(wrong, key=size), simulated) + more


def _note(comparison: Comparison, judge: str, accepted: bool) -> str:
    """What differs for a judge, and what that means for its baseline."""
    found = comparison.causes[judge]
    stays = f"; run {comparison.before} stays its baseline until `judgeflow runs pin` moves it"
    return f"judge {judge!r}: {found.said}{stays if found.ours and not accepted else ''}"


def _names(comparisons: Sequence[Comparison]) -> str:
    return ", ".join(dict.fromkeys(c.before for c in comparisons))


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.4f}"


def _bounds(row: Mapping[str, Any]) -> str:
    return _span(row["bound_low"], row["bound_high"]) if row["share_lost"] else "-"


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:+.4f} to {high:+.4f}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
