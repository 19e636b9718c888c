"""Whether an endpoint answers at all: one that is dead must not be waited for by every request."""

from __future__ import annotations

import time
from collections.abc import Callable

from data.records import FailureKind

CANARY_S = 30.0  # a dead endpoint is tried again so often


class Health:
    """Down when nothing but failures came for `give_up_after_s`; any answer heals it.

    Args:
        give_up_after_s: patience, counted from the first failure since the last answer.
        clock: seconds, monotonic.
    """

    def __init__(self, give_up_after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._give_up_after_s = give_up_after_s
        self._clock = clock
        self._failing_since: float | None = None
        self._tried_at = float("-inf")
        self.last: FailureKind = "connection"

    def succeeded(self) -> None:
        """An answer came."""
        self._failing_since = None

    def failed(self, kind: FailureKind) -> None:
        """An attempt ended without an answer; `last` tells of which kind the newest was."""
        self.last = kind
        self._tried_at = self._clock()
        if self._failing_since is None:
            self._failing_since = self._tried_at

    def silent_s(self) -> float | None:
        """For how long nothing has come, if so long that a call is not worth sending now.

        Now and then the answer is `None` all the same, so that one call can find out.
        """
        now = self._clock()
        if now - self._tried_at > self._give_up_after_s:
            self._failing_since = None  # nobody has asked for long; what was is no news
        if self._failing_since is None or now - self._failing_since <= self._give_up_after_s:
            return None
        if now - self._tried_at >= CANARY_S:
            self._tried_at = now
            return None
        return now - self._failing_since
