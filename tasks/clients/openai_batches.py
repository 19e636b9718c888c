"""The OpenAI Batch API: a file of requests in, files of results out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx2
import openai

from data.records import Request
from tasks.clients.batches import NONCE, asked, not_run, options, read_result
from tasks.clients.bodies import content
from tasks.clients.endpoints import Address, address
from tasks.clients.failures import ImageBytes, call_error
from tasks.clients.handing_in import BatchClient, Item, Result
from tasks.clients.openai_client import ChatCompletions, openai_sdk
from tasks.judge_config import OpenAIJudge

T = TypeVar("T")


def openai_batches(judge: OpenAIJudge, images: ImageBytes) -> BatchClient:
    """The batch client of a judge.

    Raises:
        ConfigError: the base URL cannot be used.
        CredentialsError: the environment variable with the key is not set.
    """
    place = address(judge)
    return OpenAIBatches(place, openai.DefaultAioHttpClient(**options(place)), images)


class OpenAIBatches:
    """The Batch API: a file of requests in, files of results out."""

    most_items, most_bytes = 50_000, 190 * 2**20

    def __init__(self, place: Address, http: httpx2.AsyncClient, images: ImageBytes) -> None:
        self._sdk = openai_sdk(place)(http)
        self._place, self._images, self._dialect = place, images, ChatCompletions()

    def body(self, request: Request) -> bytes:
        """A line of the input file but for its id."""
        return content(lambda encoded: self._dialect.write(request, encoded), self._images)

    async def submit(self, items: Sequence[Item], nonce: str) -> str:
        """Upload the requests and start the batch."""
        lines = [
            b'{"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":%s}\n'
            % (item.key.encode(), item.body)
            for item in items
        ]
        upload = ("requests.jsonl", b"".join(lines), "application/jsonl")
        file = await self._asked(lambda: self._sdk.files.create(file=upload, purpose="batch"))
        batch = await self._asked(
            lambda: self._sdk.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={NONCE: nonce},
            )
        )
        return batch.id

    async def find(self, nonce: str) -> str | None:
        """The newest hundred batches are looked through."""
        page = await self._asked(lambda: self._sdk.batches.list(limit=100))
        found = [batch.id for batch in page.data if (batch.metadata or {}).get(NONCE) == nonce]
        return found[0] if found else None

    async def ended(self, batch: str) -> bool:
        """Completed, failed, expired or cancelled."""
        shown = await self._asked(lambda: self._sdk.batches.retrieve(batch))
        return shown.status in {"completed", "failed", "expired", "cancelled"}

    async def cancel(self, batch: str) -> None:
        """Cancelling may take minutes."""
        await self._asked(lambda: self._sdk.batches.cancel(batch))

    async def results(self, batch: str) -> AsyncIterator[Result]:
        """The lines of the output and of the error file; a batch refused whole has one error."""
        shown = await self._asked(lambda: self._sdk.batches.retrieve(batch))
        errors = shown.errors.data if shown.errors and shown.errors.data else []
        if errors and not (shown.output_file_id or shown.error_file_id):
            said = f"the batch was refused: {errors[0].code}: {errors[0].message}"
            raise call_error("bad_request", said)
        for file in (shown.output_file_id, shown.error_file_id):
            if file is not None:
                for line in (await self._fetched(file)).splitlines():
                    if line.strip():
                        yield self._result(json.loads(line))

    async def _fetched(self, file: str) -> bytes:
        return (await self._asked(lambda: self._sdk.files.content(file))).content

    def _result(self, line: dict[str, Any]) -> Result:
        key, response = str(line["custom_id"]), line.get("response")
        if response is None:
            return key, not_run(line.get("error"))
        raw = json.dumps(response.get("body")).encode()
        return key, read_result(self._dialect, int(response["status_code"]), raw, self._place)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        refused, lost = openai.APIStatusError, openai.APIConnectionError
        return await asked(ask, self._place, refused, lost)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()
