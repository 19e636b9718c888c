import asyncio

from tasks.limiter import Limiter


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


def test_rejections_lower_the_limit_once_per_echo_and_successes_bring_it_back() -> None:
    now = [100.0]
    limiter = Limiter(10, clock=lambda: now[0])
    limiter.pushed_back(None)
    limiter.pushed_back(None)
    assert limiter.limit == 7.0
    now[0] += 1.5
    limiter.pushed_back(None)
    assert 4.8 < limiter.limit < 5.0
    for _ in range(100):
        limiter.succeeded()
    assert limiter.limit == 10.0


def test_a_limit_never_falls_below_one() -> None:
    now = [0.0]
    limiter = Limiter(2, clock=lambda: now[0])
    for _ in range(20):
        now[0] += 2
        limiter.pushed_back(None)
    assert limiter.limit == 1.0


def test_starts_keep_the_configured_pace() -> None:
    starts: list[float] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        limiter = Limiter(50, requests_per_minute=3000)

        async def call() -> None:
            async with limiter.slot():
                starts.append(loop.time())

        await asyncio.gather(*(call() for _ in range(11)))

    asyncio.run(scene())
    assert starts[-1] - starts[0] >= 0.19


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
