"""Anthropic Message Batches: requests in one body, results as lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anthropic
import httpx2

from data.records import Request
from tasks.clients.anthropic_client import Messages, anthropic_sdk
from tasks.clients.batches import asked, not_run, options, read_result
from tasks.clients.bodies import content
from tasks.clients.endpoints import Address, address
from tasks.clients.failures import ImageBytes
from tasks.clients.handing_in import BatchClient, Item, Result
from tasks.clients.rejections import rejection_inside
from tasks.judge_config import AnthropicJudge

T = TypeVar("T")


def anthropic_batches(judge: AnthropicJudge, images: ImageBytes) -> BatchClient:
    """The batch client of a judge.

    Raises:
        ConfigError: the base URL cannot be used.
        CredentialsError: the environment variable with the key is not set.
    """
    place = address(judge)
    return AnthropicBatches(place, anthropic.DefaultAioHttpClient(**options(place)), images)


class AnthropicBatches:
    """Message Batches: requests in the body, results as lines."""

    most_items, most_bytes = 100_000, 64 * 2**20  # 256 MB are allowed; they are held in memory

    def __init__(self, place: Address, http: httpx2.AsyncClient, images: ImageBytes) -> None:
        self._sdk = anthropic_sdk(place)(http)
        self._place, self._images, self._dialect = place, images, Messages()

    def body(self, request: Request) -> bytes:
        """The parameters of a message."""
        return content(lambda encoded: self._dialect.write(request, encoded), self._images)

    async def submit(self, items: Sequence[Item], nonce: str) -> str:
        """Send all requests in one body."""
        rows: Any = [{"custom_id": item.key, "params": json.loads(item.body)} for item in items]
        batch = await self._asked(lambda: self._sdk.messages.batches.create(requests=rows))
        return batch.id

    async def find(self, nonce: str) -> str | None:
        """Message Batches carry no metadata: what was handed in cannot be told apart."""
        return None

    async def ended(self, batch: str) -> bool:
        """Whether its processing is over."""
        shown = await self._asked(lambda: self._sdk.messages.batches.retrieve(batch))
        return shown.processing_status == "ended"

    async def cancel(self, batch: str) -> None:
        """Cancelling may take minutes."""
        await self._asked(lambda: self._sdk.messages.batches.cancel(batch))

    async def results(self, batch: str) -> AsyncIterator[Result]:
        """The lines of the results."""
        lines = await self._asked(lambda: self._sdk.messages.batches.results(batch))
        async for line in lines:
            result = line.result.to_dict()
            match result["type"]:
                case "succeeded":
                    raw = json.dumps(result["message"], default=str).encode()
                    yield line.custom_id, read_result(self._dialect, 200, raw, self._place)
                case "errored":
                    said: Any = result["error"]
                    error = said.get("error") or said
                    yield line.custom_id, rejection_inside(200, error, self._place.secrets)
                case _:
                    yield line.custom_id, not_run(None)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        refused, lost = anthropic.APIStatusError, anthropic.APIConnectionError
        return await asked(ask, self._place, refused, lost)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()
