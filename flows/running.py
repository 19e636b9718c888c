"""Running a flow from the command line, and telling how it ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from data.errors import (
    BudgetError,
    CheckpointError,
    IncompleteError,
    InputError,
    InterruptedRunError,
    JudgeflowError,
)
from data.run_folder import RunFolder, new_run_path
from flows.terminal import progress, say, show, table
from tasks.config import load_config

KINDS: dict[int, type[JudgeflowError]] = {
    kind.exit_code: kind
    for kind in (
        InputError,
        IncompleteError,
        BudgetError,
        CheckpointError,
        InterruptedRunError,
    )
}


def run_flow(
    name: str,
    config: Path,
    run_dir: Path | None,
    as_json: bool,
    *,
    override: dict[str, str] | None = None,
    **parameters: Any,
) -> None:
    """Run a flow on a new run folder and print its summary.

    Raises:
        JudgeflowError: with the message and exit code of how the run ended.
    """
    overrides = parameters.get("overrides") or []
    loaded = load_config(config, overrides)  # a mistake is told before Prefect starts
    folder = (run_dir or new_run_path(Path(loaded.runs), loaded.name)).resolve()
    parameters = {"config": str(config.resolve()), **parameters}
    _prepare(folder, parameters, override or {}, probes=name == "nightly")
    _execute(name, folder, as_json)


def resume_run(
    run: Path, as_json: bool, *, max_usd: float | None, override: dict[str, str]
) -> None:
    """Finish the run in a folder and print its summary.

    Raises:
        JudgeflowError: with the message and exit code of how the run ended.
    """
    folder = RunFolder.open(run)
    if max_usd is not None:
        _raise_limit(folder, max_usd)
    if override:
        folder.note(overrides={**folder.facts().get("overrides", {}), **override})
    _execute("nightly", folder.path, as_json)


def _prepare(
    folder: Path, parameters: dict[str, Any], override: dict[str, str], probes: bool
) -> None:
    """Make the run's folder here, so that a mistake costs no server's start."""
    from flows.opening import open_run

    changes = dict(parameters)
    config = changes.pop("config")
    if not probes:
        changes["probes"] = {}
    if (folder / "run.json").exists():
        RunFolder.create(folder)  # says how to continue the run that is there
    run = open_run(config, str(folder), None, **changes)
    if override:
        run.note(overrides=override)


def _execute(name: str, folder: Path, as_json: bool) -> None:
    server = os.environ.get("PREFECT_API_URL")
    say(f"run {folder.name}" + ("" if server else " (starting a temporary Prefect server)"))
    with progress(as_json):
        from flows.adhoc import adhoc
        from flows.nightly import nightly

        flow = nightly if name == "nightly" else adhoc
        state: Any = flow(run_dir=str(folder), return_state=True)
    facts = RunFolder.open(folder).facts()
    code = facts.get("exit_code")
    if code is None or (code == 0 and state.is_failed()):
        error = state.result(raise_on_failure=False) if state.is_failed() else None
        raise (
            error
            if isinstance(error, JudgeflowError)
            else InputError(f"run {folder.name!r} failed: {error or state.message}")
        )
    if facts.get("counts") and (folder / "report.html").exists() and facts.get("finished"):
        show(_summary(facts, folder), as_json, lambda s: _text(s, folder))
    if code:
        kind = KINDS.get(code, JudgeflowError)
        raise kind(facts["error"])


def _summary(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    wanted = ("run_id", "name", "status", "dataset", "counts", "cost", "coverage", "quote")
    return {
        **{name: facts.get(name) for name in wanted},
        "report": str(folder / "report.html"),
        "run_dir": str(folder),
    }


def _text(summary: dict[str, Any], folder: Path) -> str:
    from tasks.stages.context import context
    from tasks.stages.results import summary_rows, totals

    rows = summary_rows(context(folder))
    lines = [table(rows, list(rows[0]))] if rows else ["no labels, so no agreement"]
    return "\n".join([*lines, "", totals(summary), f"report: {summary['report']}"])


def _raise_limit(run: RunFolder, max_usd: float) -> None:
    from tasks.config import BudgetConfig
    from tasks.stages.context import config_text

    config = load_config(run.path / "config.yaml")
    changed = config.model_copy(update={"budget": BudgetConfig(max_usd=max_usd)})
    run.write_text("config.yaml", config_text(changed))
    limits = [*run.facts().get("limits", []), max_usd]
    run.note(limits=limits)
