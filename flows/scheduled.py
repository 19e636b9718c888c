"""Reads `deployments/prefect.yaml`: the one place that says what runs when."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ParameterTypeError
from prefect.flows import Flow
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType
from pydantic import Field, JsonValue, ValidationError

from data.errors import ConfigError
from data.records import Record
from data.row_rules import one_line
from tasks.config_file import load_config

PREFECT_FILE = Path(__file__).parents[1] / "deployments" / "prefect.yaml"


class Timetable(Record):
    """When a deployment runs by itself."""

    cron: str
    timezone: str = "UTC"
    active: bool = True
    slug: str | None = None


class Overlap(Record):
    """How many of its runs may go on at once, and what becomes of one more."""

    limit: Annotated[int, Field(ge=1)]
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"


class Pool(Record):
    """Whose workers run it."""

    name: str


class Deployment(Record):
    """A flow with its parameters and its timetable."""

    name: str
    entrypoint: Annotated[str, Field(pattern=r"^[\w.]+\.\w+$")]
    description: str | None = None
    tags: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    schedules: tuple[Timetable, ...] = ()
    concurrency_limit: Overlap | None = None
    work_pool: Pool


class PrefectFile(Record):
    """As much of Prefect's file as judgeflow uses."""

    name: str | None = None
    deployments: Annotated[tuple[Deployment, ...], Field(min_length=1)]


def read_deployments(path: Path) -> tuple[Deployment, ...]:
    """The deployments of a file.

    Raises:
        ConfigError: the file is not one, or two deployments of a flow have one name.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = PrefectFile.model_validate(loaded).deployments
    except FileNotFoundError:
        raise ConfigError(f"deployments file {str(path)!r} does not exist") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = one_line(str(error))
        raise ConfigError(f"deployments file {str(path)!r} cannot be read: {reason}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top level)"
        raise ConfigError(f"{path}: {key}: {first['msg']}, got {first['input']!r:.80}") from None
    names = [(each.entrypoint, each.name) for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"{path}: deployment {twice[0][1]!r} of {twice[0][0]} stands twice")
    return found


def runnable(entries: Sequence[Deployment]) -> list[RunnerDeployment]:
    """Prefect's own objects for the entries, after all that can be checked now was checked.

    Raises:
        ConfigError: an entrypoint, a schedule, a parameter or a configuration is wrong.
    """
    return [_runnable(entry) for entry in entries]


def _runnable(entry: Deployment) -> RunnerDeployment:
    flow = _flow(entry)
    _check(entry, flow)
    limit = entry.concurrency_limit
    try:
        return RunnerDeployment.from_flow(
            flow,
            entry.name,
            description=entry.description,
            tags=list(entry.tags),
            parameters=dict(entry.parameters),
            schedules=[_schedule(each) for each in entry.schedules],
            concurrency_limit=None if limit is None else _limit(limit),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    except ValueError as error:  # a schedule that is none
        raise ConfigError(f"deployment {entry.name!r}: {one_line(str(error))[:200]}") from None


def _limit(limit: Overlap) -> ConcurrencyLimitConfig:
    strategy = ConcurrencyLimitStrategy(limit.collision_strategy)
    return ConcurrencyLimitConfig(limit=limit.limit, collision_strategy=strategy)


def _flow(entry: Deployment) -> Flow[..., Any]:
    module, _, name = entry.entrypoint.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise ConfigError(f"deployment {entry.name!r}: entrypoint {error}") from None
    if not isinstance(found, Flow):
        raise ConfigError(f"deployment {entry.name!r}: {entry.entrypoint!r} is not a flow")
    return found


def _schedule(when: Timetable) -> Schedule:
    return Cron(when.cron, timezone=when.timezone, active=when.active, slug=when.slug)


def _check(entry: Deployment, flow: Flow[..., Any]) -> None:
    """A mistake is told now rather than at night."""
    given = inspect.signature(flow.fn).parameters
    known = list(given)
    unknown = sorted(set(entry.parameters) - set(known))
    if unknown:
        raise ConfigError(
            f"deployment {entry.name!r}: parameter {unknown[0]!r} is not one of {flow.name!r}; "
            f"known: {', '.join(known)}"
        )
    required = {name for name, about in given.items() if about.default is about.empty}
    if not entry.schedules and required - set(entry.parameters):
        return  # the form asks for the rest, and Prefect checks what is filled in
    try:
        flow.validate_parameters(dict(entry.parameters))
    except ParameterTypeError as error:
        reason = one_line(str(error))[:200]
        raise ConfigError(f"deployment {entry.name!r}: parameters: {reason}") from None
    config = entry.parameters.get("config")
    if not isinstance(config, str):
        return
    overrides = entry.parameters.get("overrides")
    changes = overrides if isinstance(overrides, list) else []
    try:
        load_config(Path(config), [str(each) for each in changes])
    except ConfigError as error:
        raise ConfigError(
            f"deployment {entry.name!r}: {error} (paths are relative to {str(Path.cwd())!r}, where "
            "runs would start too; change to the folder that holds the configurations)"
        ) from None
