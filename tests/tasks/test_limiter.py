import asyncio
import random

import pytest

from tasks.clients.waiting import Allowance
from tasks.limiter import Limiter, Started
from tasks.pace import BETA, RECOVERY_S, Pace


def test_no_more_calls_are_in_flight_than_the_limit() -> None:
    peak = active = 0
    limiter = Limiter(3)

    async def call() -> None:
        nonlocal peak, active
        async with limiter.slot():
            active += 1
            peak = max(peak, active)
            await asyncio.sleep(0.001)
            active -= 1

    async def scene() -> None:
        await asyncio.gather(*(call() for _ in range(30)))

    asyncio.run(scene())
    assert (peak, limiter.active) == (3, 0)


def test_overload_lowers_the_limit_once_per_echo_and_successes_bring_it_back() -> None:
    now = [100.0]
    limiter = Limiter(10, clock=lambda: now[0])
    limiter.pushed_back(Started(99.0), overloaded=True)
    limiter.pushed_back(Started(99.0), overloaded=True)
    assert limiter.limit == 7.0
    now[0] += 1.5
    limiter.pushed_back(Started(now[0]), overloaded=True)
    assert 4.8 < limiter.limit < 5.0
    for _ in range(100):
        limiter.succeeded()
    assert limiter.limit == 10.0


def test_a_limit_never_falls_below_one() -> None:
    now = [0.0]
    limiter = Limiter(2, clock=lambda: now[0])
    for _ in range(20):
        now[0] += 2
        limiter.pushed_back(Started(now[0]), overloaded=True)
    assert limiter.limit == 1.0


def starts(limiter: Limiter, calls: int, tokens: int = 0, hold_s: float = 0.0) -> list[float]:
    """When so many calls asked for at once are let through."""
    found: list[float] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()

        async def call() -> None:
            async with limiter.slot(tokens):
                found.append(loop.time())
                await asyncio.sleep(hold_s)

        await asyncio.gather(*(call() for _ in range(calls)))

    asyncio.run(scene())
    return found


def test_starts_keep_the_configured_pace() -> None:
    found = starts(Limiter(50, requests_per_minute=3000), 11)
    assert found[-1] - found[0] >= 0.17


def test_starts_keep_the_configured_tokens() -> None:
    found = starts(Limiter(50, tokens_per_minute=60_000), 11, tokens=20)
    assert found[-1] - found[0] >= 0.17


def test_a_long_wait_asked_for_pauses_the_endpoint_and_a_short_one_slows_it() -> None:
    now = [10.0]
    limiter = Limiter(5, clock=lambda: now[0])
    for number in range(20):
        limiter.pace.start(9.5 + number / 50, 0)
    limiter.pushed_back(Started(9.9), retry_after_s=1.0)
    assert 0 < limiter._delay_s() <= 1.2
    limiter.pushed_back(Started(9.9), retry_after_s=30.0)
    assert limiter._delay_s() == 30.0


def test_calls_asked_again_go_before_those_that_wait() -> None:
    order: list[str] = []

    async def scene() -> None:
        limiter = Limiter(1)

        async def call(name: str, again: bool = False) -> None:
            async with limiter.slot(again=again):
                order.append(name)
                await asyncio.sleep(0.001)

        tasks = [asyncio.create_task(call(name)) for name in "abc"]
        await asyncio.sleep(0)
        await asyncio.gather(asyncio.create_task(call("again", again=True)), *tasks)

    asyncio.run(scene())
    assert order == ["a", "again", "b", "c"]


def test_a_scarce_allowance_sets_the_pace_at_which_it_refills() -> None:
    now = [0.0]
    limiter = Limiter(50, clock=lambda: now[0])
    limiter.heard(Allowance("requests", limit=600, remaining=590, reset_s=1.0))
    limiter.pace.start(now[0], 0)
    assert limiter._delay_s() <= 0
    limiter.heard(Allowance("requests", limit=600, remaining=20, reset_s=58.0))  # 10 a second
    for _ in range(3):
        limiter.pace.start(now[0], 0)
    assert 0.2 < limiter._delay_s() <= 0.3
    now[0] = 70.0  # the statement is old
    limiter.pace.start(now[0], 0)
    assert limiter._delay_s() <= 0


def test_the_rate_falls_to_what_was_accepted_comes_back_and_tries_for_more() -> None:
    pace = Pace()
    assert pace.rate(0.0) is None
    for number in range(100):
        pace.start(number / 100, 0)
    for number in range(60):  # all sent before the first one is known: one reason to slow down
        pace.rejected(0.95, 1.0 + number / 1000)
    assert pace.rate(1.0) == pytest.approx(99 * BETA)
    assert pace.rate(1.0 + RECOVERY_S) == pytest.approx(99)
    assert pace.rate(1.0 + 1.5 * RECOVERY_S) > 99  # type: ignore[operator]
    assert pace.rate(1.0 + 2 * RECOVERY_S) == pytest.approx(99 * 1.5)


def test_a_rejection_at_the_new_rate_lowers_it_again() -> None:
    pace = Pace()
    for number in range(100):
        pace.start(number / 100, 0)
    pace.rejected(0.95, 1.0)
    before = pace.rate(1.1)
    pace.rejected(1.05, 1.1)
    assert pace.rate(1.1) < 0.95 * before  # type: ignore[operator]


def rejected_at_random(share: float, seed: int = 1) -> Pace:
    """The pace of 50 calls a second for a minute, a share of which is rejected whatever it is."""
    draw, pace, now = random.Random(seed), Pace(), 0.0
    while now < 60.0:
        pace.start(now, 0)
        if draw.random() < share:
            pace.rejected(now, now + 0.001)
        now = max(now + 0.02, pace.next_start)
    return pace


@pytest.mark.parametrize("seed", range(5))
def test_rejections_that_no_slowing_down_makes_rarer_are_not_about_pace(seed: int) -> None:
    assert rejected_at_random(0.1, seed).rate(60.0) is None


def test_a_wall_is_about_pace() -> None:
    pace = rejected_at_random(0.9)
    rate = pace.rate(60.0)
    assert rate is not None
    assert rate < 5


def test_a_cancelled_waiter_passes_its_place_on() -> None:
    async def scene() -> str:
        limiter = Limiter(1)

        async def hold(seconds: float) -> str:
            async with limiter.slot():
                await asyncio.sleep(seconds)
                return "held"

        first = asyncio.create_task(hold(0.02))
        await asyncio.sleep(0)
        second, third = asyncio.create_task(hold(9)), asyncio.create_task(hold(0))
        await asyncio.sleep(0)
        await first
        second.cancel()
        return await asyncio.wait_for(third, 1)

    assert asyncio.run(scene()) == "held"
