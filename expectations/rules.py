"""An expectation as data: which great-expectations class, on what, how bad, in whose words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

Level = Literal["error", "warning"]


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
    level: Level = "error"


@dataclass(frozen=True)
class Suite:
    """A table's derived columns, the columns that name a row, and the rules."""

    frame: pl.DataFrame
    names: tuple[str, ...]
    rules: tuple[Rule, ...]


def holds(column: str, about: str, words: str, level: Level = "error") -> Rule:
    """Every value of a derived true-or-false column is true."""
    arguments = {"column": column, "value_set": [True]}
    return Rule("ExpectColumnValuesToBeInSet", words, about, arguments, level)


def present(column: str, level: Level = "error") -> Rule:
    """No value is null."""
    arguments = {"column": column}
    return Rule("ExpectColumnValuesToNotBeNull", f"{column} is given", column, arguments, level)


def one_of(column: str, values: list[str]) -> Rule:
    """Every value is one of a closed set."""
    words = f"{column} is one of {', '.join(values)}"
    arguments = {"column": column, "value_set": values}
    return Rule("ExpectColumnValuesToBeInSet", words, column, arguments)


def unique(columns: list[str]) -> Rule:
    """No two rows agree in all the columns."""
    words = f"({', '.join(columns)}) is unique"
    if len(columns) == 1:
        arguments: dict[str, Any] = {"column": columns[0]}
        return Rule("ExpectColumnValuesToBeUnique", words, columns[0], arguments)
    arguments = {"column_list": columns, "ignore_row_if": "never"}
    return Rule("ExpectCompoundColumnsToBeUnique", words, columns[0], arguments)


def at_least(rows: int, words: str, level: Level = "error") -> Rule:
    """The table has so many rows."""
    arguments = {"min_value": rows}
    return Rule("ExpectTableRowCountToBeBetween", words, "(rows)", arguments, level)


def mean_at_most(column: str, about: str, most: float, words: str) -> Rule:
    """A warning where the mean of a derived number is above a line."""
    arguments = {"column": column, "max_value": most}
    return Rule("ExpectColumnMeanToBeBetween", words, about, arguments, "warning")
