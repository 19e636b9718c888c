"""The providers' batch endpoints through their SDKs: half the price, up to a day of waiting."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anthropic
import httpx2
import openai

from data.records import Answer, Request
from tasks.clients.anthropic_client import Messages, anthropic_sdk
from tasks.clients.bodies import content
from tasks.clients.endpoints import Address, address
from tasks.clients.failures import CallError, ImageBytes, call_error
from tasks.clients.handing_in import BatchClient, Item, Result
from tasks.clients.openai_client import ChatCompletions, openai_sdk
from tasks.clients.rejections import rejection, rejection_inside
from tasks.clients.transport import Dialect, lost, read_answer
from tasks.clients.wire import headers_for, http_options
from tasks.config import AnthropicJudge, OpenAIJudge

T = TypeVar("T")
NONCE = "judgeflow"  # the metadata by which a batch is found again
EXPIRED = "the batch ended before this request was answered"


def batch_client(judge: OpenAIJudge | AnthropicJudge, images: ImageBytes) -> BatchClient:
    """The batch client of a judge.

    Raises:
        ConfigError: the base URL cannot be used.
        CredentialsError: the environment variable with the key is not set.
    """
    place = address(judge)
    options = http_options(place, max(judge.timeout_s, 600.0))
    options["event_hooks"] = {"request": [_headers(place)]}
    if isinstance(judge, OpenAIJudge):
        return OpenAIBatches(place, openai.DefaultAioHttpClient(**options), images)
    return AnthropicBatches(place, anthropic.DefaultAioHttpClient(**options), images)


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
            return key, _not_run(line.get("error"))
        raw = json.dumps(response.get("body")).encode()
        return key, _read(self._dialect, int(response["status_code"]), raw, self._place)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await _asked(ask, self._place)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()


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
                    yield line.custom_id, _read(self._dialect, 200, raw, self._place)
                case "errored":
                    said: Any = result["error"]
                    error = said.get("error") or said
                    yield line.custom_id, rejection_inside(200, error, self._place.secrets)
                case _:
                    yield line.custom_id, _not_run(None)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await _asked(ask, self._place)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()


def _read(dialect: Dialect, status: int, raw: bytes, place: Address) -> Answer | CallError:
    try:
        return read_answer(dialect, status, {}, raw, place.secrets)
    except CallError as error:
        return error


def _not_run(error: Any) -> CallError:
    """Nothing was done and nothing is billed."""
    said = error.get("message") if isinstance(error, dict) else None
    return call_error("timeout", f"{EXPIRED}: {said}" if said else EXPIRED)


async def _asked(ask: Callable[[], Awaitable[T]], place: Address) -> T:
    """What the endpoint says; its rejections and lost connections in our words."""
    try:
        return await ask()
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        raw = error.response.content
        headers = error.response.headers
        raise rejection(error.status_code, headers, raw, place.secrets) from error
    except (openai.APIConnectionError, anthropic.APIConnectionError) as error:
        raise lost(error, 600.0, place.secrets) from error


def _headers(place: Address) -> Callable[[httpx2.Request], Awaitable[None]]:
    """The last word on headers, as for calls; what frames the body stays."""
    frames = {b"content-length", b"transfer-encoding"}

    async def hook(request: httpx2.Request) -> None:
        raw = [(name.lower(), value) for name, value in request.headers.raw]
        kept = [pair for pair in raw if pair[0] in frames]
        ours = [pair for pair in headers_for(place, raw) if pair[0] not in frames]
        request.headers = httpx2.Headers([*ours, *kept])

    return hook
