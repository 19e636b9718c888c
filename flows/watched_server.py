"""Prefect's server as a program that ends with the process it serves, however that ends.

Started by path (`flows/temporary_server.py`), so it imports nothing of ours; what takes long is
imported after it has begun to watch.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

LOOKS_S = 0.5  # between looks at the process that is served
GRACE_S = 5.0  # for the server's own shutdown, then it is ended


def end_with(parent: int) -> None:
    """Wait until this process is no longer a child of `parent`, then end it."""
    while os.getppid() == parent:
        time.sleep(LOOKS_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve Prefect's API on a port for as long as the process that asked for it lives."""
    port, parent = map(int, sys.argv[1:])
    threading.Thread(target=end_with, args=(parent,), daemon=True, name="parent").start()
    import uvicorn

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
