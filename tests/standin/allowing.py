"""How many calls the stand-in allows: a token bucket, or so many in every window."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Allowing:
    """Calls allowed per second.

    Args:
        per_s: calls a second.
        window_s: 0 for a bucket that refills all the time, else the length of fixed windows.
        burst: what a full bucket holds; `per_s` of one second where it is 0.
        headers: whether responses tell the allowance, as OpenAI's do.
    """

    per_s: float
    window_s: float = 0.0
    burst: float = 0.0
    headers: bool = False

    def __post_init__(self) -> None:
        self.size = self.per_s * self.window_s if self.window_s else self.burst or self.per_s
        self._left = self.size
        self._at = self._opened = time.monotonic()

    def take(self) -> bool:
        """Whether one more call is allowed now."""
        now = time.monotonic()
        if self.window_s:
            if now - self._opened >= self.window_s:
                self._opened += self.window_s * int((now - self._opened) / self.window_s)
                self._left = self.size
        else:
            self._left = min(self.size, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def told(self) -> dict[str, str]:
        """Headers of any response."""
        if not self.headers:
            return {}
        full_s = (self.size - self._left) / self.per_s
        return {
            "x-ratelimit-limit-requests": f"{self.size:.0f}",
            "x-ratelimit-remaining-requests": f"{int(self._left)}",
            "x-ratelimit-reset-requests": f"{full_s:.3f}s",
        }
