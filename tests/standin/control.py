"""Starts stand-ins and steers them from tests: in a process of their own, or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class StandinControl:
    """A running stand-in: `url` (without `/v1`), counts, faults."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def openai_url(self) -> str:
        """The base URL for chat completions."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for messages."""
        return self.url

    def stats(self) -> dict[str, Any]:
        """What it saw since the last reset."""
        return self._ask("GET", "/_stats")

    def script(self, **faults: Any) -> None:
        """Replace its script by fields of `faults.Script`; what is not named has its default."""
        self._ask("POST", "/_script", faults)

    def reset(self) -> None:
        """Forget counts and script."""
        self._ask("POST", "/_reset")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            said: dict[str, Any] = json.loads(response.read())
        if response.status != 200:
            raise ValueError(said.get("error", said))
        return said


@contextlib.contextmanager
def standin_process(latency: float = 0.0) -> Iterator[StandinControl]:
    """A stand-in in a process of its own, which ends with this one, however this one ends."""
    command = [sys.executable, "-m", "tests.standin.server", "--until-eof", f"--latency={latency}"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield StandinControl(json.loads(process.stdout.readline())["port"])
        finally:
            process.terminate()


@contextlib.contextmanager
def standin_thread(latency: float = 0.0) -> Iterator[StandinControl]:
    """A stand-in in a thread of this process."""
    from tests.standin.server import serving

    ports: list[int] = []
    ready, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(latency=latency) as port:
            ports.append(port)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the stand-in did not start")
        yield StandinControl(ports[0])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
