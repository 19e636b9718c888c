"""Registers the deployments with a Prefect server, for workers or for this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import serve
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner.storage import LocalStorage
from prefect.settings import get_current_settings

from data.errors import HostError
from data.row_rules import one_line
from flows.notifying import notify_of_failures
from flows.scheduled import Deployment, read_deployments, runnable
from flows.terminal import say, show, table

POOL_TYPE = "process"


def deploy(file: Path, pool: str | None, notify: str | None, as_json: bool) -> None:
    """Register every deployment of the file with a work pool, which is made if need be.

    Raises:
        ConfigError: the file, or a configuration that it names, is wrong.
        HostError: no server can be reached, or the pool is of another type.
    """
    entries = read_deployments(file)
    made = runnable(entries)
    with _server() as client:
        pools = [pool or entry.work_pool.name for entry in entries]
        for name in sorted(set(pools)):
            _require_pool(client, name)
        here = LocalStorage(str(Path.cwd()))
        for deployment, name in zip(made, pools, strict=True):
            deployment.storage = here
            _apply(deployment, name)
        told = _notifications(client, notify)
        address = str(client.api_url)
    rows = [
        {**_row(entry, each), "work pool": name}
        for entry, each, name in zip(entries, made, pools, strict=True)
    ]
    shown = {"server": address, "directory": str(Path.cwd()), "deployments": rows, "notify": told}
    show(shown, as_json, _text)
    for name in sorted(set(pools)):
        say(f"a worker takes them: prefect worker start --pool {name}")


def serve_all(file: Path, notify: str | None, at_once: int | None, as_json: bool) -> None:
    """Register every deployment of the file and run what is due in this process, until stopped.

    Raises:
        ConfigError: the file, or a configuration that it names, is wrong.
        HostError: no server can be reached.
    """
    entries = read_deployments(file)
    made = runnable(entries)
    with _server() as client:
        told = _notifications(client, notify)
        address = str(client.api_url)
    rows = [_row(entry, each) for entry, each in zip(entries, made, strict=True)]
    shown = {"server": address, "directory": str(Path.cwd()), "deployments": rows, "notify": told}
    for deployment in made:
        deployment.work_pool_name = None  # given back by a worker, if one had it
    show(shown, as_json, _text)
    sys.stdout.flush()  # it is read while this process serves
    say("serving; Ctrl-C ends it, the schedules stay")
    # Schedules are not paused at the end: a restart must not lose the night that fell into it.
    serve(*made, pause_on_shutdown=False, print_starting_message=False, limit=at_once)


@contextmanager
def _server() -> Iterator[SyncPrefectClient]:
    """A client of the server that the settings name.

    Raises:
        HostError: no address is set, or nobody answers there.
    """
    address = get_current_settings().api.url
    how = (
        "start one with `prefect server start` and set PREFECT_API_URL to its address, "
        "such as http://127.0.0.1:4200/api"
    )
    if not address:  # an empty variable too: Prefect would start a temporary server
        raise HostError(
            "deployments need a Prefect server of their own, and PREFECT_API_URL is not set "
            f"(the temporary server of `judgeflow run` ends with its run); {how}"
        )
    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
        if problem is not None:
            reason = one_line(f"{type(problem).__name__}: {problem}")[:160]
            raise HostError(
                f"no Prefect server answers at {address!r}, where PREFECT_API_URL points "
                f"({reason}); {how}"
            )
        yield client


def _require_pool(client: SyncPrefectClient, name: str) -> None:
    try:
        kind = client.read_work_pool(name).type
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=name, type=POOL_TYPE))
        say(f"work pool {name!r} made")
        return
    if kind != POOL_TYPE:
        raise HostError(
            f"work pool {name!r} is of type {kind!r}, deployments here run as {POOL_TYPE!r}; give "
            "another --pool"
        )


def _apply(deployment: RunnerDeployment, pool: str) -> None:
    try:
        deployment.apply(work_pool_name=pool)
    except Exception as error:
        reason = one_line(str(error))[:200]
        raise HostError(f"Prefect refused deployment {deployment.name!r}: {reason}") from error


def _notifications(client: SyncPrefectClient, url: str | None) -> str | None:
    return None if url is None else notify_of_failures(client, url)


def _row(entry: Deployment, made: RunnerDeployment) -> dict[str, Any]:
    limit = entry.concurrency_limit
    return {
        "deployment": made.full_name,
        "runs at": ", ".join(
            f"{each.cron} {each.timezone}" + ("" if each.active else " (off)")
            for each in entry.schedules
        )
        or "when asked",
        "at once": None if limit is None else limit.limit,
        "config": entry.parameters.get("config"),
        "max usd": entry.parameters.get("max_usd"),
    }


def _text(shown: dict[str, Any]) -> str:
    rows = shown["deployments"]
    lines = [
        f"registered with {shown['server']}; runs start in {shown['directory']}",
        table(rows, list(rows[0])),
    ]
    if shown["notify"]:
        lines.append(f"automation {shown['notify']!r} tells the webhook of runs that fail")
    return "\n".join(lines)
