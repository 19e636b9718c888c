"""The hard limits of a run: every call is reserved at its maximum price before it is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from data.errors import BudgetError, ConfigError, JudgeflowError


@dataclass(frozen=True)
class Reservation:
    """A call set aside, and its maximum price in USD."""

    usd: float


class Budget:
    """Money and calls spent and reserved against limits; used from one event loop.

    Args:
        max_usd: the limit of the run in USD, `None` for no limit.
        max_calls: the most HTTP requests of the run, `None` for no limit.
        spent_usd: what earlier processes of the same run have spent.
        calls: what they have sent.
    """

    def __init__(
        self,
        max_usd: float | None = None,
        max_calls: int | None = None,
        spent_usd: float = 0.0,
        calls: int = 0,
    ) -> None:
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.spent_usd = spent_usd
        self.calls = calls
        self.reserved_usd = 0.0
        self.reserved_calls = 0
        self._settled = asyncio.Event()

    async def reserve(self, max_price_usd: float | None) -> Reservation:
        """Set aside a call and its maximum price; waits while calls in flight may free room.

        Raises:
            BudgetError: nothing is in flight and the call could still cross a limit.
            ConfigError: there is a limit in USD and the call's price is unknown.
        """
        price = self.priced(max_price_usd)
        while (crossed := self._crossed(price)) is not None:
            if self.reserved_calls == 0:
                raise crossed
            self._settled.clear()
            await self._settled.wait()
        self.reserved_usd += price
        self.reserved_calls += 1
        return Reservation(price)

    async def reserve_now(self, max_price_usd: float | None) -> Reservation | None:
        """Set aside a call and its maximum price; `None` where that could cross a limit.

        Raises:
            ConfigError: there is a limit in USD and the call's price is unknown.
        """
        price = self.priced(max_price_usd)
        if self._crossed(price) is not None:
            return None
        self.reserved_usd += price
        self.reserved_calls += 1
        return Reservation(price)

    def take_up(self, max_price_usd: float | None) -> Reservation:
        """Set aside a call sent earlier that is still out, until now counted as spent at most."""
        price = max_price_usd or 0.0
        self.spent_usd -= price
        self.calls -= 1
        self.reserved_usd += price
        self.reserved_calls += 1
        return Reservation(price)

    def settle(self, reserved: Reservation, actual_usd: float, sent: bool) -> None:
        """Replace a reservation by what the call really cost, and whether it was sent at all."""
        self.reserved_usd -= reserved.usd
        self.reserved_calls -= 1
        if self.reserved_calls == 0:
            self.reserved_usd = 0.0  # nothing but rounding is left
        self.spent_usd += actual_usd
        self.calls += sent
        self._settled.set()

    def priced(self, max_price_usd: float | None) -> float:
        """What is set aside for a call.

        Raises:
            ConfigError: there is a limit in USD and the call's price is unknown.
        """
        if self.max_usd is not None and max_price_usd is None:
            raise ConfigError("a limit in USD needs a known price for every request")
        return max_price_usd or 0.0

    def _crossed(self, price: float) -> JudgeflowError | None:
        """Why another call of this price may not be sent now."""
        if self.max_calls is not None and self.calls + self.reserved_calls >= self.max_calls:
            return too_many(self.calls, self.max_calls)
        whole = self.spent_usd + self.reserved_usd + price
        if self.max_usd is not None and whole > self.max_usd + 1e-12:
            return too_much(self.spent_usd, price, self.max_usd)
        return None


def too_many(calls: int, max_calls: int) -> BudgetError:
    """The error of a run that has sent as many calls as it may."""
    return BudgetError(
        f"budget reached: {calls} calls sent of at most {max_calls}; "
        "raise --max-calls and `judgeflow resume`"
    )


def too_much(spent_usd: float, price: float, max_usd: float) -> BudgetError:
    """The error of a run whose next call could cross its limit in USD."""
    return BudgetError(
        f"budget reached: {spent_usd:.4f} USD spent and the next call may cost "
        f"{price:.4f} of the limit of {max_usd:g} USD; "
        "raise --max-usd and `judgeflow resume`"
    )
