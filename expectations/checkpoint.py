"""Runs a boundary's suite with great-expectations, and leaves results a person can browse."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import logging
import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import CheckpointError, HostError
from expectations.page import index_page, result_page
from expectations.results import (
    EXAMPLES,
    CheckpointResult,
    Finding,
    Outcome,
    Override,
    outcome,
)
from expectations.rules import Suite, View
from expectations.suites import SUITES

__all__ = ["BOUNDARIES", "CheckpointResult", "Finding", "Override", "require", "run_checkpoint"]

BOUNDARIES = ("samples", "images", "responses", "verdicts", "claims", "estimates")


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
        context: what the suite must know besides the table (the suite's docstring lists it).
        override: why errors are let pass; recorded with the operating system's user.

    Raises:
        HostError: the results cannot be written.
    """
    outcomes = _validated(SUITES[boundary](frame, context))
    failed = [each.finding for each in outcomes if not each.success]
    errors = tuple(each for each in failed if each.severity == "error")
    why = (override or "").strip()
    result = CheckpointResult(
        boundary=boundary,
        passed=not errors,
        rows=frame.height,
        errors=errors,
        warnings=tuple(each for each in failed if each.severity == "warning"),
        expectations=outcomes,
        overridden=_override(why) if errors and why else None,
    )
    _write(folder, result)
    return result


def require(result: CheckpointResult) -> None:
    """Stop at a failed checkpoint that nobody let pass.

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


def _validated(suite: Suite) -> tuple[Outcome, ...]:
    """Every rule's outcome. This is where great-expectations is imported: it takes seconds."""
    # read when the library is imported; it phones home otherwise
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with _quiet():
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        quiet: Any = {"globally": False, "metric_calculations": False}
        context.variables.progress_bars = quiet
        tables = context.data_sources.add_pandas("tables")
        return tuple(
            found
            for number, view in enumerate(suite)
            for found in _view_outcomes(view, tables.add_dataframe_asset(f"view-{number}"))
        )


def _view_outcomes(view: View, asset: Any) -> Iterator[Outcome]:
    """The outcomes of a view's rules, in their order."""
    import great_expectations as gx
    from great_expectations import expectations as gxe

    whole = asset.add_batch_definition_whole_dataframe("whole")
    read = view.frame.select(view.columns)  # as Python objects: not those that only name rows
    batch = whole.get_batch({"dataframe": read.to_pandas()})
    rules = [
        getattr(gxe, rule.kind)(**rule.arguments, meta={"rule": number})
        for number, rule in enumerate(view.rules)
    ]
    results = batch.validate(
        gx.ExpectationSuite(name="suite", expectations=rules),
        # duplicates come in pairs of rows with one name, so more are asked for than are shown
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": 4 * EXAMPLES},
    ).results
    by_rule = {found.expectation_config.meta["rule"]: found for found in results}
    for number, rule in enumerate(view.rules):
        yield outcome(view, rule, by_rule[number])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep great-expectations' deprecation warnings and log lines to itself."""
    log = logging.getLogger("great_expectations")
    level = log.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            log.setLevel(level)


def _override(why: str) -> Override:
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        who = f"uid {os.getuid()}"
    return Override(who=who, why=why, when=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))


def _write(folder: Path, result: CheckpointResult) -> None:
    record = result.model_dump(mode="json")
    _store(folder / f"{result.boundary}.json", json.dumps(record, ensure_ascii=False))
    _store(folder / f"{result.boundary}.html", result_page(record))
    stored = [folder / f"{boundary}.json" for boundary in BOUNDARIES]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in stored if path.exists()]
    _store(folder / "index.html", index_page(records))


def _store(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or the previous one."""
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        reason = f"{str(path)!r} cannot be written: {error.strerror}"
        raise HostError(f"validation results: {reason}") from error
