"""Scripts on a Redis server from an event loop: each is atomic, and tried again if it is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cache.redis_server import PAUSE_S, RedisServer
from data.errors import HostError

Call = tuple[str, Sequence[str], Sequence[str | bytes | int | float]]  # script, keys, arguments


class RedisLink:
    """Connections of one event loop; scripts must bear to be run twice.

    `away`: the last command did not reach the server. `returned` is called when the server is back
    after it was away, before anything else is asked.
    """

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.returned: Callable[[], Awaitable[None]] | None = None
        self._client: Any = server.async_client()
        self.away = False

    async def run(self, script: str, keys: Sequence[str], *arguments: Any) -> Any:
        """What a script returns.

        Raises:
            HostError: the server is gone for longer than patience lasts, or refuses.
        """
        return (await self.run_all([(script, keys, arguments)]))[0]

    async def run_all(self, calls: Sequence[Call], wait_ms: int | None = None) -> list[Any]:
        """What scripts return, sent together; with `wait_ms` also whether all is on the disk."""

        async def work() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for script, keys, arguments in calls:
                pipe.execute_command("EVAL", script, len(keys), *keys, *arguments)
            if wait_ms is not None:
                pipe.execute_command("WAITAOF", 1, 0, wait_ms)
            return self.server.replies(await pipe.execute(raise_on_error=False))

        found: list[Any] = await self.patiently(work)
        return found

    async def texts(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of keys."""
        found: list[bytes | None] = await self.patiently(lambda: self._client.mget(keys))
        return found

    async def patiently(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` returns, tried again while the server is away for a moment."""
        deadline = time.monotonic() + self.server.patience_s
        while True:
            try:
                if self.away and self.returned is not None:
                    await _heeding(self._client.ping())
                    self.away = False
                    await self.returned()
                return await _heeding(work())
            except HostError:
                raise
            except Exception as error:
                if not self.server.is_its(error):
                    raise
                self.away = self.server.passes(error)
                if not self.away or time.monotonic() > deadline:
                    raise self.server.told(error) from None
            await asyncio.sleep(PAUSE_S)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _heeding(command: Awaitable[Any]) -> Any:
    """What a command brings, unless its task was cancelled meanwhile.

    The library sends with `asyncio.wait_for`, which until Python 3.12 takes a cancellation for its
    own when the send is just done; the task would go on for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        return await command
    finally:  # also where the command failed: the server may be gone
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
