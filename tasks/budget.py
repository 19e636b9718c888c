"""The hard limit of a run: every call reserves its maximum price before it is sent."""

from __future__ import annotations

import asyncio

from data.errors import BudgetError, ConfigError


class Budget:
    """Money spent and reserved against a limit; used from one event loop.

    Args:
        max_usd: the limit of the run, `None` for no limit.
        spent_usd: what earlier processes of the same run have spent.
    """

    def __init__(self, max_usd: float | None, spent_usd: float = 0.0) -> None:
        self.max_usd = max_usd
        self.spent_usd = spent_usd
        self.reserved_usd = 0.0
        self._settled = asyncio.Event()

    async def reserve(self, max_price_usd: float | None) -> float:
        """Set aside the maximum price of a call; waits while calls in flight may free room.

        Raises:
            BudgetError: nothing is in flight and the call could still cross the limit.
            ConfigError: there is a limit and the call's price is unknown.
        """
        if self.max_usd is None:
            return 0.0
        if max_price_usd is None:
            raise ConfigError("a limit in USD needs a known price for every request")
        while self.spent_usd + self.reserved_usd + max_price_usd > self.max_usd:
            if self.reserved_usd <= 1e-12:
                raise BudgetError(
                    f"budget reached: {self.spent_usd:.4f} USD spent and the next call may cost "
                    f"{max_price_usd:.4f} of the limit of {self.max_usd:g} USD; "
                    "raise --max-usd and `judgeflow resume`"
                )
            self._settled.clear()
            await self._settled.wait()
        self.reserved_usd += max_price_usd
        return max_price_usd

    def settle(self, reserved_usd: float, actual_usd: float) -> None:
        """Replace a reservation by what the call really cost."""
        self.reserved_usd -= reserved_usd
        self.spent_usd += actual_usd
        self._settled.set()
