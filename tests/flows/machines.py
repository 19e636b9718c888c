"""A Dask cluster in processes of its own, on this machine or with each worker a host apart."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

BRIDGE, NET = "judgeflow0", "10.211.77"


class Cluster:
    """A scheduler and workers, each with a nanny, as an operator starts them.

    Args:
        folder: of the processes, their log among it.
        env: their environment.
        workers: what each worker's command begins with, `()` for a process of this host.
        host: where the scheduler listens.
        threads: of each worker.
    """

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        workers: Sequence[Sequence[str]],
        host: str = "127.0.0.1",
        threads: int = 2,
    ) -> None:
        with socket.socket() as free:
            free.bind((host, 0))
            port = free.getsockname()[1]
        self.address = f"tcp://{host}:{port}"
        self._folder = folder
        self._env = {**env, "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}
        self.processes = [self._start((), "dask_scheduler", "--host", host, "--port", str(port))]
        for number, begin in enumerate(workers):
            own = (f"--nthreads={threads}", f"--name=w{number}", f"--local-directory={folder}")
            self.processes.append(self._start(begin, "dask_worker", self.address, *own))

    def _start(self, begin: Sequence[str], what: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [*begin, sys.executable, "-m", f"distributed.cli.{what}", *words, "--no-dashboard"],
                cwd=self._folder, env=self._env, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip

    def kill_worker(self) -> None:
        """SIGKILL to a worker and its nanny: the machine is gone."""
        os.killpg(self.processes[-1].pid, signal.SIGKILL)
        self.processes.pop().wait()

    def stop(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def blind_to(folder: Path) -> tuple[str, ...]:
    """What a command begins with that shall not see a folder: an empty one lies over it.

    Skips where the machine does not allow mounts.
    """
    begin = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(folder))
    tried = subprocess.run([*begin, "true"], capture_output=True, timeout=20, check=False)
    if tried.returncode:
        pytest.skip(f"no mount namespaces on this machine: {tried.stderr.decode().strip()}")
    return begin


class Hosts:
    """Hosts with a network stack of their own, joined by a bridge on which this one is `.1`."""

    here = f"{NET}.1"

    def __init__(self, count: int) -> None:
        self.names = [f"judgeflow-{number}" for number in range(count)]

    def up(self) -> None:
        _ip("link add", BRIDGE, "type bridge")
        _ip(f"addr add {self.here}/24 dev", BRIDGE)
        _ip("link set", BRIDGE, "up")
        for number, name in enumerate(self.names):
            near, far = f"jfn{number}", f"jff{number}"
            _ip("netns add", name)
            _ip(f"link add {near} type veth peer name {far} netns", name)
            _ip(f"link set {near} master {BRIDGE} up")
            _ip(f"-n {name} addr add {NET}.{10 + number}/24 dev {far}")
            _ip(f"-n {name} link set {far} up")
            _ip(f"-n {name} link set lo up")

    def down(self) -> None:
        cables = [f"jfn{number}" for number in range(len(self.names))]
        gone = [f"netns del {name}" for name in self.names]
        # a namespace lives on while a connection that was cut waits to be given up
        for words in (*gone, *(f"link del {link}" for link in (*cables, BRIDGE))):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(words)

    def inside(self, name: str) -> tuple[str, ...]:
        """What a command on a host begins with."""
        return ("ip", "netns", "exec", name)

    def cut_off(self, name: str) -> None:
        """Pull the cable of a host: its packets go nowhere, and nobody is told."""
        _ip(f"link set jfn{self.names.index(name)} down")


def _ip(*words: str) -> None:
    command = ["ip", *" ".join(words).split()]
    subprocess.run(command, check=True, capture_output=True, timeout=20)


@contextlib.contextmanager
def hosts(count: int) -> Iterator[Hosts]:
    """Hosts apart in network namespaces; skips where the machine does not allow them."""
    if shutil.which("ip") is None:
        pytest.skip("no `ip` (iproute2): hosts cannot be set apart")
    made = Hosts(count)
    made.down()  # what a killed run left
    try:
        made.up()
    except subprocess.CalledProcessError as error:
        made.down()
        pytest.skip(f"no network namespaces on this machine: {error.stderr.decode().strip()}")
    try:
        yield made
    finally:
        made.down()


@contextlib.contextmanager
def reachable(host: str, ports: Sequence[int]) -> Iterator[None]:
    """Ports of the loopback, reached at `host` under their own numbers."""
    relays = subprocess.Popen([sys.executable, __file__, host, *map(str, ports)])
    try:
        for port in ports:
            _wait_for(host, port)
        yield
    finally:
        relays.kill()
        relays.wait()


def _wait_for(host: str, port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing relays {host}:{port}")


async def _relay(host: str, port: int) -> None:
    async def joined(near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, to = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pour(near, to), _pour(far, out))

    async with await asyncio.start_server(joined, host, port) as server:
        await server.serve_forever()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await source.read(65536):
            sink.write(some)
            await sink.drain()
        sink.close()


async def _relays(host: str, ports: Sequence[str]) -> None:
    await asyncio.gather(*(_relay(host, int(port)) for port in ports))


if __name__ == "__main__":
    asyncio.run(_relays(sys.argv[1], sys.argv[2:]))
