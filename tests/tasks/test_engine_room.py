"""The room where engines run: what its event loop may never wait for."""

import asyncio
from pathlib import Path

from tasks import engine_room
from tasks.shared_budget import Session


def test_the_event_loop_goes_on_while_somebody_holds_the_lock_and_waits_for_it(
    tmp_path: Path,
) -> None:
    async def ended() -> str:
        engine_room._leaving(tmp_path, Session("run", "first"))
        return "went on"

    loop = engine_room._the_loop()
    with engine_room._lock:  # as while an engine is built in the loop
        assert asyncio.run_coroutine_threadsafe(ended(), loop).result(5) == "went on"
