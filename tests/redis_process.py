"""A real redis-server of our own: on a free port, in a folder of its own, killed and started."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BINARY = shutil.which("redis-server")


class RedisProcess:
    """A server that keeps its port and its folder over restarts."""

    def __init__(self, folder: Path, *options: str) -> None:
        assert BINARY is not None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        own = ("--port", str(self.port), "--dir", str(folder), "--bind", "127.0.0.1", "--save", "")
        self._command = [BINARY, *own, *options]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(1200):  # a busy machine is no defect
            with contextlib.suppress(OSError), self.client() as client:
                client.ping()
                return
            time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def client(self) -> "Connection":
        return Connection(self.port)

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is written."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)


class Connection:
    """A connection that speaks the protocol itself, so that tests do not lean on the library."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._socket.close()

    def ping(self) -> None:
        if self.do("PING") != b"PONG":
            raise OSError("not ready")

    def do(self, *words: str | bytes | int) -> Any:
        """The reply to a command; an error is raised."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(
            b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        )
        return self._reply()

    def _reply(self) -> Any:
        line = self._file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b":":
                return int(rest)
            case b"$":
                return self._file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
            case b"*":
                return [self._reply() for _ in range(int(rest))]
        raise OSError(line.decode() or "closed")


@contextlib.contextmanager
def redis_process(folder: Path, *options: str) -> Iterator[RedisProcess]:
    """A server while the context is open; skips the test where there is none to start."""
    if BINARY is None:
        pytest.skip("no redis-server: apt-get install redis-server")
    process = RedisProcess(folder, *options)
    try:
        yield process
    finally:
        process.stop()
