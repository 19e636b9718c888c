"""What a checkpoint found, as frozen records; great-expectations' own results stay behind."""

from __future__ import annotations

from typing import Any

from data.records import Record
from data.row_rules import one_line
from expectations.rules import Rule, Severity, View

EXAMPLES = 3


class Override(Record):
    """Who let a failed checkpoint pass, why and when (UTC)."""

    who: str
    why: str
    when: str


class Finding(Record):
    """An expectation that failed; `message` is a line for a person."""

    expectation: str
    column: str
    message: str
    severity: Severity


class Outcome(Record):
    """An expectation that was evaluated; `observed` is what was found, with example rows."""

    expectation: str
    column: str
    rule: str
    severity: Severity
    success: bool
    observed: str

    @property
    def finding(self) -> Finding:
        """The outcome of a failed expectation as a finding."""
        return Finding(
            expectation=self.expectation,
            column=self.column,
            message=f"expected that {self.rule}; found {self.observed}",
            severity=self.severity,
        )


class CheckpointResult(Record):
    """What a checkpoint found at a boundary.

    `passed` stays false where a failure is overridden; `overridden` then says who let it pass.
    """

    boundary: str
    passed: bool
    rows: int
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    expectations: tuple[Outcome, ...]
    overridden: Override | None = None


def outcome(view: View, rule: Rule, found: Any) -> Outcome:
    """The outcome of a rule from great-expectations' result for it.

    Raises:
        RuntimeError: the expectation could not be evaluated, which is a fault of the suite.
    """
    if "raised_exception" not in found.exception_info or found.exception_info["raised_exception"]:
        raise RuntimeError(f"{rule.kind} on {rule.about!r} failed: {found.exception_info!r}")
    return Outcome(
        expectation=rule.kind,
        column=rule.about,
        rule=rule.words,
        severity=rule.severity,
        success=bool(found.success),
        observed=_observed(view, rule, found.result),
    )


def _observed(view: View, rule: Rule, result: Any) -> str:
    """`3 of 100 labels otherwise (3%), such as 'a', 'b'`, or how many rows there are."""
    if "unexpected_count" not in result:
        return f"{result['observed_value']} {view.rows}"
    count, total = int(result["unexpected_count"]), int(result["element_count"])
    if not count:
        return f"0 of {total} {view.rows} otherwise"
    positions = result["partial_unexpected_index_list"]
    names = list(dict.fromkeys(_name(view, rule, position) for position in positions))[:EXAMPLES]
    if total == 1:
        return names[0]
    share = f"{count} of {total} {view.rows} otherwise ({count / total:.2%})"
    return f"{share}, such as {', '.join(names)}"


def _name(view: View, rule: Rule, position: int) -> str:
    """A row's name, and its value where that says more."""
    given = view.frame[view.named][position]
    name = f"row {position}" if given is None else one_line(repr(given), 160)
    column = rule.arguments.get("column")
    value = None if column is None else view.frame[column][position]
    if value is None or isinstance(value, bool) or rule.kind.endswith("Unique"):
        return name
    shown = f"{value:.4g}" if isinstance(value, float) else one_line(repr(value), 80)
    return f"{name}: {shown}"
