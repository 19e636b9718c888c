"""`judgeflow deploy | serve`: the schedules on a Prefect server."""

from __future__ import annotations

from pathlib import Path

import click

file = click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Another prefect.yaml. [default: deployments/prefect.yaml]",
)
notify = click.option(
    "--notify",
    metavar="URL",
    envvar="JUDGEFLOW_NOTIFY_URL",
    help="Post to this webhook when a scheduled run fails; better given as JUDGEFLOW_NOTIFY_URL.",
)


@click.command()
@file
@click.option(
    "--pool", metavar="NAME", help="The work pool; made if need be. [default: as in the file]"
)
@notify
@click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
def deploy(file: Path | None, pool: str | None, notify: str | None, as_json: bool) -> None:
    """Register the deployments with a Prefect server; workers of the pool run them from here.

    The folder that the command runs in becomes the working directory of the runs.
    """
    from flows.registering import deploy
    from flows.scheduled import PREFECT_FILE

    deploy(file or PREFECT_FILE, pool, notify, as_json)


@click.command()
@file
@click.option("--limit", type=click.IntRange(min=1), help="At most so many runs at once.")
@notify
@click.option("--json", "as_json", is_flag=True, help="What is registered, as JSON on stdout.")
def serve(file: Path | None, limit: int | None, notify: str | None, as_json: bool) -> None:
    """Register the deployments and run what is due in this process, until it is stopped."""
    from flows.registering import serve_all
    from flows.scheduled import PREFECT_FILE

    serve_all(file or PREFECT_FILE, notify, limit, as_json)
