"""The temporary Prefect server of a run on its own, which ends with the run however that ends.

Prefect stops the server that it starts when Python exits; a process that is killed does not get so
far. So the server is a program of ours that watches the process it serves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import get_current_settings

PROGRAM = Path(__file__).with_name("watched_server.py")
ENVIRONMENT = {  # as Prefect sets it for its temporary servers
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}


class TemporaryServer(SubprocessASGIServer):
    """Prefect's temporary server; the first one made is the one that Prefect uses."""

    def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
        settings = get_current_settings().to_environment_variables(exclude_unset=True)
        return subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM), str(self.port), str(os.getpid())],
            env={**os.environ, **ENVIRONMENT, **settings},
        )


def ends_with_this_process() -> None:
    """Let Prefect's temporary server, if it starts one, be one that ends with this process."""
    TemporaryServer()
