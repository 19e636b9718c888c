"""Finding or making the folder of a run, so that a retry continues instead of starting over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import ConfigError, JudgeflowError
from data.run_folder import RunFolder, new_run_path
from tasks.config import BudgetConfig, RunConfig
from tasks.config_file import config_sha256, load_config
from tasks.stages.prepare import create_run

CONFIGS = Path(__file__).parents[1] / "deployments" / "configs"
PRICES = CONFIGS / "providers.yaml"


def configured(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    max_usd: float | None = None,
    max_calls: int | None = None,
    limit: int | None = None,
    **changes: Any,
) -> RunConfig:
    """The configuration in a file with what the command line or the form adds to it."""
    config = load_config(path, overrides)
    changes["budget"] = with_limits(config.budget, max_usd, max_calls)
    if limit is not None:
        changes["limit"] = limit
    return config.model_copy(update=changes)


def with_limits(budget: BudgetConfig, max_usd: float | None, max_calls: int | None) -> BudgetConfig:
    """The budget with the limits that are given; the others stay."""
    given = {"max_usd": max_usd, "max_calls": max_calls}
    return budget.model_copy(update={k: v for k, v in given.items() if v is not None})


def open_run(
    config: str | None, run_dir: str | None, flow_run_id: str | None, **changes: Any
) -> RunFolder:
    """The run in `run_dir`, or of this flow run, or a new one.

    A Retry from the Prefect UI runs the same flow run again, and so finds its own folder.

    Raises:
        ConfigError: neither a configuration nor an existing run was given.
    """
    if run_dir is not None and (Path(run_dir) / "run.json").exists():
        return RunFolder.open(Path(run_dir))
    if config is None:
        raise ConfigError(f"there is no run at {run_dir!r} and no configuration to start one with")
    path = Path(config)
    loaded = configured(path, **changes)
    if run_dir is not None:
        target = Path(run_dir).resolve()
    else:
        target = _folder_of(Path(loaded.runs).resolve(), loaded.name, flow_run_id)
    if (target / "run.json").exists():
        return RunFolder.open(target)
    return create_run(loaded, path.resolve().parent, PRICES, target)


def differs(run: RunFolder, config: Path, changes: Mapping[str, Any]) -> bool:
    """Whether a configuration says something else by now than when the run began."""
    try:
        now = config_sha256(configured(config, **changes))
    except JudgeflowError:
        return True  # it is gone, or wrong; the run has its own
    return bool(now != run.facts()["config_sha256"])


def _folder_of(runs: Path, name: str, flow_run_id: str | None) -> Path:
    if flow_run_id is None:
        return new_run_path(runs, name)
    own = flow_run_id[-12:]  # the head is a time, which runs that were planned together share
    known = sorted(path for path in runs.glob(f"*-{name}-{own}") if path.is_dir())
    return known[-1] if known else new_run_path(runs, name, own)
