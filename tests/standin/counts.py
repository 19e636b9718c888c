"""What the stand-in saw: enough to prove that nothing was paid twice or sent altered."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Any

from tests.standin.replies import image_sha256


class Counts:
    """Counts since the last reset."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._completed: Counter[str] = Counter()
        self._keys: set[str] = set()
        self._headers: dict[str, str] = {}
        self._query = ""
        self._images: Counter[str] = Counter()
        self._image_bytes = 0
        self._hashed: dict[tuple[int, int], tuple[str, int]] = {}
        self._unread = 0
        self._in_flight = 0
        self._peak = 0
        self._started = time.monotonic()
        self._arrived: list[float] = []
        self._beyond: list[float] = []

    def enter(self) -> None:
        """A call came in."""
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)

    def leave(self) -> None:
        """A call is over."""
        self._in_flight -= 1

    def dropped_unread(self) -> None:
        """Count a call whose connection was closed before its body was read."""
        self.faults["drop-before"] += 1
        self._unread += 1

    def arrived(self, digest: str, key: str, headers: dict[str, str], query: str) -> int:
        """Count a body; the number of calls before this one with the same body."""
        self._arrived.append(time.monotonic() - self._started)
        self._keys.add(key)
        self._headers, self._query = headers, query
        before = self._calls[digest]
        self._calls[digest] = before + 1
        return before

    def beyond(self) -> None:
        """Count a call beyond what is allowed."""
        self.faults["beyond"] += 1
        self._beyond.append(time.monotonic() - self._started)

    def completed(self, digest: str) -> None:
        """Count a complete 2xx: the call is paid."""
        self._completed[digest] += 1

    def saw_images(self, images: tuple[str, ...]) -> None:
        """Count images; each distinct base64 text is decoded and hashed once."""
        for data in images:
            at = (len(data), hash(data))
            if at not in self._hashed:
                self._hashed[at] = image_sha256(data)
            sha256, size = self._hashed[at]
            self._images[sha256] += 1
            self._image_bytes += size

    def shown(self) -> dict[str, Any]:
        """Everything as JSON.

        `bodies`: calls and completed calls by sha256 of the request's body. Requests that differ
        in nothing but their repeat have one body.
        """
        return {
            "total": self._calls.total() + self._unread,
            "completed": self._completed.total(),
            "bodies": {
                digest: {"calls": calls, "completed": self._completed[digest]}
                for digest, calls in self._calls.items()
            },
            "most_completed_per_body": max(self._completed.values(), default=0),
            "faults": dict(+self.faults),
            "images": dict(self._images),
            "image_bytes": self._image_bytes,
            "keys": sorted(self._keys),
            "last_headers": {name.lower(): value for name, value in self._headers.items()},
            "last_query": self._query,
            "peak": self._peak,
            "in_flight": self._in_flight,
            "arrived_s": self._arrived,
            "beyond_s": self._beyond,
            "pid": os.getpid(),
        }
