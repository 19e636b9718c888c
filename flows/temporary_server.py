"""The temporary Prefect server of a run on its own, which ends with the run however that ends.

Prefect stops the server that it starts when Python exits; a process that is killed does not get so
far. So the server is started through `main` below, which watches the process that it serves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import get_current_settings

LOOKS_S = 0.5  # between looks at the process that is served
GRACE_S = 5.0  # for the server's own shutdown, then it is ended
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
            [sys.executable, "-P", __file__, str(self.port), str(os.getpid())],
            env={**os.environ, **ENVIRONMENT, **settings},
        )


def ends_with_this_process() -> None:
    """Let Prefect's temporary server, if it starts one, be one that ends with this process."""
    TemporaryServer()


def end_with(parent: int) -> None:
    """Wait until this process is no longer a child of `parent`, then end it."""
    while os.getppid() == parent:
        time.sleep(LOOKS_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve Prefect's API on a port for as long as the process that asked for it lives."""
    import uvicorn

    port, parent = map(int, sys.argv[1:])
    threading.Thread(target=end_with, args=(parent,), daemon=True, name="parent").start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )


if __name__ == "__main__":
    main()
