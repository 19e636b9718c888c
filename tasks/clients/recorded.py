"""Recorded judges: replay what a judge said before; a miss is an error that names the request."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cache.keys import request_key
from data.records import LABEL_TOKENS, Answer, Failure, Request, Usage
from data.run_folder import RunFolder
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


def answers_of_run(run: RunFolder) -> dict[str, Answer]:
    """The answers of a run by request key."""
    usage = list(Usage.model_fields)
    rest = [name for name in Answer.model_fields if name not in {"usage", "label_tokens"}]
    answered = run.answers().filter(pl.col("status") == "answered")
    return {
        row["request_key"]: Answer(
            **{name: row[name] for name in rest},
            usage=Usage(**{name: row[name] for name in usage}),
            label_tokens=LABEL_TOKENS.validate_json(row["label_tokens"] or "[]"),
        )
        for row in answered.iter_rows(named=True)
    }


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
