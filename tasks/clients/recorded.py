"""Recorded judges: replay what a judge said before; a miss is an error that names the request."""

from __future__ import annotations

from collections.abc import Mapping

from cache.keys import request_key
from data.records import Answer, Failure, Request
from tasks.clients.failures import CallError


class RecordedTableClient:
    """Answers with the verdict cells of somebody's table, found by row key and repeat.

    Args:
        cells: raw verdict text by (row key, repeat); `None` where the table says it is missing.
        name: what the table is called in messages.
    """

    def __init__(self, cells: Mapping[tuple[str, int], str | None], name: str) -> None:
        self._cells = cells
        self._name = name

    async def ask(self, request: Request) -> Answer:
        """The recorded cell as text; a missing verdict is an empty answer."""
        context = request.context or {}
        found = (str(context.get("row")), request.repeat)
        if found not in self._cells:
            raise _miss(
                f"{self._name} holds no verdict for sample {context.get('sample_id')!r}, "
                f"repeat {request.repeat}"
            )
        return Answer(text=self._cells[found] or "", finish_reason="stop", model="recorded")

    async def close(self) -> None:
        """Nothing to close."""


class ReplayClient:
    """Answers with stored answers, found by request key."""

    def __init__(self, answers: Mapping[str, Answer], name: str) -> None:
        self._answers = answers
        self._name = name

    async def ask(self, request: Request) -> Answer:
        """The stored answer to exactly this request."""
        key = request_key(request)
        if key not in self._answers:
            raise _miss(f"{self._name} holds no answer for request {key}")
        return self._answers[key]

    async def close(self) -> None:
        """Nothing to close."""


def _miss(message: str) -> CallError:
    return CallError(Failure(kind="miss", message=message))
