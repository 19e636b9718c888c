"""Running a flow from the command line, and telling how it ended."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from data.errors import (
    ConfigError,
    DefectError,
    HostError,
    IncompleteError,
    InterruptedRunError,
    JudgeflowError,
    RegressionError,
    SupersededRunError,
)
from data.row_rules import one_line
from data.run_folder import RunFolder, new_run_path
from data.run_lock import RunLock
from data.run_record import flow_of
from flows.meter import progress
from flows.terminal import say, show, table
from tasks.config import DaskRunner, RunConfig
from tasks.config_file import load_config
from tasks.engine_room import everybody
from tasks.judges import require_keys
from tasks.probe_options import require_probes


def run_flow(
    name: str,
    config: Path,
    run_dir: Path | None,
    as_json: bool,
    *,
    override: dict[str, str] | None = None,
    accept: bool = False,
    **parameters: Any,
) -> None:
    """Run a flow on a new run folder and print its summary.

    Raises:
        JudgeflowError: with the message and exit code of how the run ended.
    """
    overrides = parameters.get("overrides") or []
    _require_gate(name, accept)
    loaded = load_config(config, overrides)  # a mistake is told before Prefect starts
    require_keys(everybody(loaded))
    _require_runner(loaded)
    if name == "nightly":
        require_probes(loaded)
    _require_server()
    folder = (run_dir or new_run_path(Path(loaded.runs), loaded.name)).resolve()
    parameters = {"config": str(config.resolve()), **parameters}
    run = _prepare(folder, parameters, override or {}, probes=name == "nightly")
    run.note(flow=name)  # should it be resumed before the flow has begun
    if accept:
        run.note(accept_baseline=True)
    _execute(name, folder, as_json)


def resume_run(
    run: Path,
    as_json: bool,
    *,
    limits: Mapping[str, Any],
    override: dict[str, str],
    accept: bool = False,
) -> None:
    """Finish the run in a folder and print its summary.

    Raises:
        JudgeflowError: with the message and exit code of how the run ended.
    """
    folder = RunFolder.open(run)
    name = flow_of(folder.facts())
    _require_gate(name, accept)
    _require_runner(load_config(folder.path / "config.yaml"))
    _require_server()
    given = {name: limit for name, limit in limits.items() if limit is not None}
    with RunLock(folder.path):  # else it is said to whoever works on the run, and undone by it
        if given:
            _raise_limits(folder, given)
        if override:
            folder.note(overrides={**folder.facts().get("overrides", {}), **override})
        folder.note(accept_baseline=accept or None)
    _execute(name, folder.path, as_json)


def _require_gate(flow: str, accept: bool) -> None:
    if accept and flow != "nightly":
        raise ConfigError("--accept-baseline is for runs with a gate; `judgeflow runs pin` the run")


def _require_server() -> None:
    from flows.attempts import require_server

    require_server()


def _require_runner(config: RunConfig) -> None:
    if isinstance(config.runner, DaskRunner):
        from flows.cluster import require_cluster

        require_cluster(config)


def _prepare(
    folder: Path, parameters: dict[str, Any], override: dict[str, str], probes: bool
) -> RunFolder:
    """Make the run's folder here, so that a mistake costs no server's start."""
    from flows.opening import open_run

    changes = dict(parameters)
    config = changes.pop("config")
    if not probes:
        changes |= {"probes": {}, "anchors": None}
    if (folder / "run.json").exists():
        RunFolder.create(folder, {})  # says how to continue the run that is there
    run = open_run(config, str(folder), None, **changes)
    if override:
        run.note(overrides=override)
    return run


def _execute(name: str, folder: Path, as_json: bool) -> None:
    problem = executed(name, folder)
    if problem is None or isinstance(problem, IncompleteError | RegressionError):
        show_run(folder, as_json)
    if problem is not None:
        raise problem


def executed(name: str, folder: Path, **parameters: Any) -> JudgeflowError | None:
    """Run a flow on a run's folder; why it did not end well, if so.

    Raises:
        HostError: Prefect cannot be reached.
    """
    server = os.environ.get("PREFECT_API_URL")
    say(f"run {folder.name}" + ("" if server else " (starting a temporary Prefect server)"))
    if promise := RunFolder(folder).facts().get("cache", {}).get("says"):
        say(f"call cache at {RunFolder(folder).facts()['cache']['server']}: {promise}")
    with progress():
        from prefect.exceptions import Abort

        from flows.temporary_server import ends_with_this_process

        ends_with_this_process()
        flow: Any = getattr(importlib.import_module(f"flows.{name}"), name)
        try:
            state: Any = flow(run_dir=str(folder), **parameters, return_state=True)
        except Abort as error:
            return SupersededRunError(str(error))
        except Exception as error:
            where = server or "the temporary server"
            said = f"Prefect at {where}: {one_line(str(error))[:200]}"
            _never_begun(RunFolder(folder), said)
            raise HostError(f"{said}; `judgeflow resume {folder}` continues the run") from error
    return _problem(state)


def _never_begun(run: RunFolder, said: str) -> None:
    """Leave no run as running that Prefect has never begun, or has let go of."""
    with suppress(HostError), RunLock(run.path):  # somebody else may be at it
        if run.facts().get("status") == "running":
            run.note(status="failed", error=said, exit_code=HostError.exit_code)


def show_run(folder: Path, as_json: bool) -> None:
    """Print the summary of a run that was measured."""
    facts = RunFolder.open(folder).facts()
    if facts.get("finished"):
        show(_summary(facts, folder), as_json, lambda s: _text(s, folder))


def _problem(state: Any) -> JudgeflowError | None:
    """Why a flow run did not end well."""
    if state.is_completed():
        return None
    error = state.result(raise_on_failure=False)
    if isinstance(error, JudgeflowError):
        return error
    if state.is_cancelled():
        return InterruptedRunError(state.message or "cancelled")
    defect = DefectError(one_line(f"{type(error).__name__}: {error}"))
    defect.__cause__ = error if isinstance(error, BaseException) else None
    return defect


def _summary(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    wanted = (
        "run_id",
        "name",
        "status",
        "dataset",
        "counts",
        "cost",
        "coverage",
        "quote",
        "without",
        "drift",
        "gate",
    )
    from tasks.stages.checks import warnings

    run = RunFolder(folder)
    return {
        **{name: facts.get(name) for name in wanted},
        "warnings": warnings(run),
        "estimates": run.table("estimates").to_dicts(),
        "report": str(folder / "report.html"),
        "run_dir": str(folder),
    }


def _text(summary: dict[str, Any], folder: Path) -> str:
    from tasks.stages.money import told
    from tasks.stages.summary import against, agreement_rows, simulated_names, totals

    run = RunFolder(folder)
    lines: list[str] = []
    found = agreement_rows(run.table("estimates"), simulated_names(run.facts()))
    for mode, rows in found.items():
        lines += [mode, table(rows, list(rows[0])), ""]
    lines = lines or ["no labels, so no agreement", ""]
    lines += [f"warning: {line}" for line in summary["warnings"]]
    if drift := summary["drift"]:
        lines += [f"drift: {line}" for line in drift["lines"] or [drift["promise"]]]
    parts = told(summary["cost"])
    if len(parts) > 1:
        lines += [table(parts, list(parts[0])), ""]
    gate = [f"gate: {summary['gate']['said']}"] if summary["gate"] else []
    lines += [totals(summary), against(summary), *gate]
    return "\n".join([*lines, f"report: {summary['report']}"])


def _raise_limits(run: RunFolder, given: dict[str, Any]) -> None:
    from tasks.stages.context import config_text

    config = load_config(run.path / "config.yaml")
    changed = config.model_copy(update={"budget": config.budget.model_copy(update=given)})
    run.write_text("config.yaml", config_text(changed))
    run.note(limits=[*run.facts().get("limits", []), given])
