"""What several processes of a run share through the server of the call cache: claims, limits."""

from __future__ import annotations

import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cache.redis_claims import SharedKeeping
from cache.redis_link import RedisLink
from cache.redis_store import RedisCallCache
from tasks.config import BudgetConfig
from tasks.shared_budget import Session, SharedBudget
from tasks.shared_rate import SharedRate


@dataclass(frozen=True)
class Shared:
    """The shared parts of one engine."""

    keeping: SharedKeeping
    budget: SharedBudget
    link: RedisLink

    def turn(
        self, endpoint: tuple[str, str, str], requests: int | None, tokens: int | None
    ) -> Callable[[int], Awaitable[None]] | None:
        """What waits for ceilings per minute that all processes keep; `None` without any."""
        if requests is None and tokens is None:
            return None
        return SharedRate(self.link, "\n".join(endpoint), requests, tokens).turn


def shared_parts(cache: RedisCallCache, session: Session, limits: BudgetConfig) -> Shared:
    """The parts of an engine whose event loop is running."""
    link = RedisLink(cache.server)
    process = f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    budget = SharedBudget(link, session, process, (limits.max_usd, limits.max_calls))
    return Shared(SharedKeeping(cache, link), budget, link)
