"""What a batch client is: it hands requests in, and fetches what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from data.records import Answer, Request
from tasks.clients.failures import CallError

Result = tuple[str, Answer | CallError]


@dataclass(frozen=True)
class Item:
    """A request of a batch, by its key, as the bytes of its body."""

    key: str
    body: bytes


class BatchClient(Protocol):
    """Hands in batches of one endpoint and fetches their results.

    Every method but `body` raises `CallError` where the endpoint cannot be asked or says no.
    """

    most_items: int
    most_bytes: int

    def body(self, request: Request) -> bytes:
        """A request as the endpoint reads it."""
        ...

    async def submit(self, items: Sequence[Item], nonce: str) -> str:
        """Hand in a batch; its id."""
        ...

    async def find(self, nonce: str) -> str | None:
        """The id of a batch that was handed in under this nonce, if the endpoint can tell."""
        ...

    async def ended(self, batch: str) -> bool:
        """Whether there is nothing more to come."""
        ...

    async def cancel(self, batch: str) -> None:
        """Ask for an early end; what is answered by then is kept."""
        ...

    def results(self, batch: str) -> AsyncIterator[Result]:
        """What became of each request of a batch that has ended, in any order."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
