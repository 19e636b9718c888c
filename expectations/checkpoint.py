"""Runs a boundary's suite with great-expectations, and leaves results a person can browse."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import logging
import os
import uuid
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

from data.errors import CheckpointError, HostError
from data.records import Record
from expectations.page import index_page, result_page
from expectations.rules import Rule, Suite
from expectations.suites import SUITES

BOUNDARIES = tuple(SUITES)
EXAMPLES = 3


class Override(Record):
    """Who let a failed checkpoint pass, when and why."""

    who: str
    why: str
    when: str


class Finding(Record):
    """One expectation's outcome; `message` is a line for a person."""

    expectation: str
    column: str
    rule: str
    level: Literal["error", "warning"]
    success: bool
    message: str


class CheckpointResult(Record):
    """What a checkpoint found at a boundary."""

    boundary: str
    passed: bool
    rows: int
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    checked: tuple[Finding, ...]
    overridden: Override | None = None


def run_checkpoint(
    boundary: str,
    frame: pl.DataFrame,
    folder: Path,
    *,
    context: Mapping[str, Any],
    override: str | None = None,
) -> CheckpointResult:
    """Validate a table and write `BOUNDARY.json`, `BOUNDARY.html` and `index.html` to `folder`.

    Args:
        boundary: one of `BOUNDARIES`.
        frame: the table.
        folder: where the results go.
        context: what the suite must know besides the table.
        override: why errors are let pass; recorded with the operating system's user.
    """
    suite = SUITES[boundary](frame, context)
    checked = _validated(suite)
    errors = tuple(f for f in checked if not f.success and f.level == "error")
    result = CheckpointResult(
        boundary=boundary,
        passed=not errors,
        rows=frame.height,
        errors=errors,
        warnings=tuple(f for f in checked if not f.success and f.level == "warning"),
        checked=checked,
        overridden=_override(override) if errors and override else None,
    )
    _write(folder, result)
    return result


def require(result: CheckpointResult) -> None:
    """Stop at a failed checkpoint.

    Raises:
        CheckpointError: naming the expectation, the column and example rows.
    """
    if result.passed or result.overridden is not None:
        return
    first = result.errors[0]
    more = f" (+{len(result.errors) - 1} more)" if len(result.errors) > 1 else ""
    raise CheckpointError(
        f"checkpoint {result.boundary!r}: {first.expectation} on {first.column!r}: "
        f"{first.message}{more}; see validations/{result.boundary}.html; "
        f"`--override {result.boundary} --why TEXT` lets it pass"
    )


def _validated(suite: Suite) -> tuple[Finding, ...]:
    """Every rule's finding. This is where great-expectations is imported: it takes seconds."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations import expectations as gxe

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(
            {"dataframe": suite.frame.to_pandas()}
        )
        known = {
            number: getattr(gxe, rule.kind)(**rule.arguments, meta={"rule": number})
            for number, rule in enumerate(suite.rules)
        }
        results = batch.validate(
            gx.ExpectationSuite(name="suite", expectations=list(known.values())),
            result_format={
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(suite.names),
                "partial_unexpected_count": EXAMPLES,
            },
        ).results
    by_rule: dict[int, Any] = {}
    for found in results:
        if found.expectation_config is not None:
            by_rule[(found.expectation_config.meta or {})["rule"]] = found
    return tuple(_finding(rule, by_rule[number]) for number, rule in enumerate(suite.rules))


def _finding(rule: Rule, found: Any) -> Finding:
    success = bool(found.success) or (_empty(found) and rule.kind == "ExpectColumnMeanToBeBetween")
    return Finding(
        expectation=rule.kind,
        column=rule.about,
        rule=rule.words,
        level=rule.level,
        success=success,
        message=rule.words if success else f"expected that {rule.words}; {_observed(rule, found)}",
    )


def _empty(found: Any) -> bool:
    """Whether a mean was asked of no values; there is nothing to warn of then."""
    value = found.result.get("observed_value")
    return value is None or value != value  # NaN


def _observed(rule: Rule, found: Any) -> str:
    """What was found instead: a count with example rows, or a number."""
    if found.exception_info.get("raised_exception"):
        return "it could not be evaluated"
    result = found.result
    if "unexpected_count" not in result:
        value = result.get("observed_value")
        return f"found {float(value):.4g}" if value is not None else "found nothing"
    names = [
        " ".join(str(row[name]) for name in row if name not in rule.arguments.values())
        for row in result.get("partial_unexpected_index_list") or []
    ]
    unique = list(dict.fromkeys(name for name in names if name))[:EXAMPLES]
    examples = f", such as {'; '.join(unique)}" if unique else ""
    return f"{result['unexpected_count']} rows are otherwise{examples}"


def _override(why: str) -> Override:
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Override(who=getpass.getuser(), why=why, when=when)


def _write(folder: Path, result: CheckpointResult) -> None:
    record = result.model_dump(mode="json")
    _store(folder / f"{result.boundary}.json", json.dumps(record, indent=1, ensure_ascii=False))
    _store(folder / f"{result.boundary}.html", result_page(record))
    stored = [folder / f"{boundary}.json" for boundary in BOUNDARIES]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in stored if path.exists()]
    _store(folder / "index.html", index_page(records))


def _store(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        reason = f"{str(path)!r} cannot be written: {error.strerror}"
        raise HostError(f"validation results: {reason}") from error
