"""An expectation as data: which great-expectations class, on what, how bad, in whose words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """`kind` is the name of a great-expectations expectation; `words` say it to a person.

    `about` is the table's column a person should look at, where the expectation itself reads a
    column derived from it.
    """

    kind: str
    words: str
    about: str
    arguments: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "error"


@dataclass(frozen=True)
class View:
    """Scalar columns derived from a table, and the rules that read them.

    `named` is the column whose values name a row to a person, `rows` what a row is.
    """

    frame: pl.DataFrame
    named: str
    rules: tuple[Rule, ...]
    rows: str = "rows"

    @property
    def columns(self) -> list[str]:
        """The columns that rules read; at least one, so that there are rows."""
        asked = [rule.arguments for rule in self.rules]
        single = {given["column"] for given in asked if "column" in given}
        several = {name for given in asked for name in given.get("column_list", ())}
        return sorted(single | several) or [self.named]


Suite = tuple[View, ...]


def holds(column: str, about: str, words: str, severity: Severity = "error") -> Rule:
    """Every value of a derived true-or-false column is true; null does not apply."""
    arguments = {"column": column, "value_set": [True]}
    return Rule("ExpectColumnValuesToBeInSet", words, about, arguments, severity)


def present(column: str, severity: Severity = "error", mostly: float = 1.0) -> Rule:
    """At least a share of the values is not null."""
    words = f"{column} is given" + (f" in at least {mostly:.0%} of rows" if mostly < 1 else "")
    arguments = {"column": column, "mostly": mostly}
    return Rule("ExpectColumnValuesToNotBeNull", words, column, arguments, severity)


def one_of(column: str, values: list[str]) -> Rule:
    """Every value is one of a closed set."""
    words = f"{column} is one of {', '.join(values)}"
    arguments = {"column": column, "value_set": values}
    return Rule("ExpectColumnValuesToBeInSet", words, column, arguments)


def none_is(column: str, value: str, words: str) -> Rule:
    """A warning where a value occurs at all."""
    arguments = {"column": column, "value_set": [value]}
    return Rule("ExpectColumnValuesToNotBeInSet", words, column, arguments, "warning")


def digest(column: str) -> Rule:
    """Every value is a sha256 in hex; null does not apply."""
    arguments = {"column": column, "regex": "^[0-9a-f]{64}$"}
    return Rule("ExpectColumnValuesToMatchRegex", f"{column} is 64 hex digits", column, arguments)


def unique(
    columns: list[str], about: str = "", words: str = "", severity: Severity = "error"
) -> Rule:
    """No two rows agree in all the columns; they may not hold nulls."""
    words = words or f"({', '.join(columns)}) is unique"
    about = about or ", ".join(columns)
    if len(columns) == 1:
        single = {"column": columns[0]}
        return Rule("ExpectColumnValuesToBeUnique", words, about, single, severity)
    compound = {"column_list": columns, "ignore_row_if": "never"}
    return Rule("ExpectCompoundColumnsToBeUnique", words, about, compound, severity)


def at_least(rows: int, words: str, severity: Severity = "error") -> Rule:
    """The table has so many rows."""
    arguments = {"min_value": rows}
    return Rule("ExpectTableRowCountToBeBetween", words, "(rows)", arguments, severity)


def between(
    column: str, about: str, words: str, severity: Severity = "error", **limits: float | bool
) -> Rule:
    """Every number is within `min_value`, `max_value`; null does not apply.

    `strict_min` and `strict_max` leave the limit itself out.
    """
    arguments = {"column": column, **limits}
    return Rule("ExpectColumnValuesToBeBetween", words, about, arguments, severity)
