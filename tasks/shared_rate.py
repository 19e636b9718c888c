"""A ceiling of requests or tokens a minute that every process asking an endpoint keeps together."""

from __future__ import annotations

import asyncio
import hashlib

from cache.redis_link import RedisLink

RATES = "judgeflow:rate:"
SLACK_MS = 20  # how far starts may catch up with their pace, as in `tasks.pace`

# The generic cell rate algorithm with the server's clock, without a burst: each key holds when the
# next start is due. The start is taken at once; the caller waits for it.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local wait = 0
for place, key in ipairs(KEYS) do
  local due = math.max(tonumber(redis.call('GET', key) or 0), now - ARGV[1])
  wait = math.max(wait, due - now)
  due = due + ARGV[place + 1]
  redis.call('SET', key, string.format('%.3f', due), 'PX', math.ceil(due - now) + 60000)
end
return string.format('%.3f', wait)
"""


class SharedRate:
    """When calls to one endpoint may start, among all processes that share a server.

    Args:
        link: the server.
        endpoint: what tells the endpoint and model from others.
        requests_per_minute: starts per minute at most, `None` for no ceiling.
        tokens_per_minute: tokens per minute at most, `None` for no ceiling.
    """

    def __init__(
        self,
        link: RedisLink,
        endpoint: str,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
    ) -> None:
        self._link = link
        name = RATES + hashlib.sha256(endpoint.encode()).hexdigest()[:32]
        self._ms_each = {
            kind: (f"{name}:{kind}", 60_000 / limit)
            for kind, limit in (("requests", requests_per_minute), ("tokens", tokens_per_minute))
            if limit is not None
        }

    async def turn(self, tokens: int) -> None:
        """Wait until a call of so many tokens may start."""
        uses = {"requests": 1, "tokens": tokens}
        if not self._ms_each:
            return
        keys = [key for key, _ in self._ms_each.values()]
        costs = [uses[kind] * ms for kind, (_, ms) in self._ms_each.items()]
        wait_ms = float(await self._link.run(_TAKE, keys, SLACK_MS, *costs))
        await asyncio.sleep(wait_ms / 1000)
