"""How often calls to one endpoint may start: a rate found by trying, below known ceilings.

Nothing is held back until the endpoint rejects a call. From then on the rate follows a cubic curve
(as TCP does with its window): after a rejection it falls a little below what was being accepted,
comes back to that point within some seconds, stays about there, and tries for more when nothing is
rejected. Rejections that slowing down does not make rarer are not about pace; they are left to the
requests' own waits.
"""

from __future__ import annotations

from collections import deque

BETA = 0.93  # of the accepted rate, after a rejection
RECOVERY_S = 5.0  # until the rate is back where the rejection came
GROWTH = 0.5  # of the rate, gained in the same time again
WINDOW_S = 1.0  # over which the accepted rate is counted
LOWEST = 0.3  # of it, when rejections go on
SLOWEST = 0.5  # starts a second, below which only the endpoint's own waits slow us
FEWEST = 10  # starts in the window from which a rate can be told
ENOUGH = 30  # calls that tell what share is rejected
FEW = 0.1  # share rejected, up to which the rate was right but for a little
RARE, OFTEN = 0.05, 0.4  # shares between which rejections may be about something else
UNMOVED_S = 60.0  # for so long such rejections do not slow us down
SURE_S = 300.0  # for so long no doubt is raised again once it proved wrong
SLACK_S = 0.02  # how far starts may catch up with their pace, for timers are coarse


class Doubt:
    """Whether rejections are about pace: if they are, slowing down makes them rarer.

    A limit that rejects less than 40 % of the calls at one rate rejects none at half of it. So the
    share rejected is taken of every 30 calls, and two such shares in a row, at half an earlier
    rate, that are not even half the earlier share have another reason than pace.
    """

    def __init__(self) -> None:
        self._sent = self._rejected = 0
        self._blocks: deque[tuple[float, float]] = deque(maxlen=10)  # share rejected, and rate

    def sent(self) -> None:
        """A call was started."""
        self._sent += 1

    def holds(self, rate: float) -> bool:
        """Count a rejection at a rate, and say whether it shows that pace does not matter."""
        self._rejected += 1
        if self._sent < ENOUGH:
            return False
        self._blocks.append((self._rejected / self._sent, rate))
        self._sent = self._rejected = 0
        return any(
            RARE < share < OFTEN
            and all(
                max(RARE, share / 2) <= later < OFTEN and slow <= fast / 2
                for later, slow in list(self._blocks)[-2:]
            )
            for share, fast in list(self._blocks)[:-2]
        )


class Pace:
    """The times at which calls may start, in seconds of a monotonic clock.

    Args:
        requests_per_s: configured ceiling of starts a second, `None` for none.
        tokens_per_s: configured ceiling of tokens a second, `None` for none.
    """

    def __init__(
        self, requests_per_s: float | None = None, tokens_per_s: float | None = None
    ) -> None:
        self._ceilings = {"requests": requests_per_s, "tokens": tokens_per_s}
        self._stated: dict[str, tuple[float, float]] = {}  # rate and the time until it holds
        self._peak: float | None = None  # the rate at which the endpoint last rejected
        self._began = float("inf")
        self._depth = BETA
        self._fell_at = float("-inf")
        self._doubt = Doubt()
        self._unmoved_until = self._sure_until = float("-inf")
        self._starts: deque[float] = deque()
        self._rejections: deque[float] = deque()
        self.next_start = float("-inf")

    def rate(self, now: float) -> float | None:
        """Starts a second that the endpoint is believed to accept; `None` if nothing is known."""
        if self._peak is None:
            return None
        since = (now - self._fell_at) / RECOVERY_S
        if since < 1:
            return self._peak * (1 - (1 - self._depth) * (1 - since) ** 3)
        return self._peak * (1 + GROWTH * (since - 1) ** 3)

    def start(self, now: float, tokens: int) -> None:
        """Note that a call of so many tokens starts now."""
        self._began = min(self._began, now)
        self._starts.append(now)
        self._doubt.sent()
        _forget(self._starts, now)
        rates = [self.rate(now), self._ceiling("requests", now)]
        known = [rate for rate in rates if rate is not None]
        interval_s = 1 / min(known) if known else 0.0
        if (per_s := self._ceiling("tokens", now)) is not None:
            interval_s = max(interval_s, tokens / per_s)
        self.next_start = max(self.next_start, now - SLACK_S) + interval_s

    def rejected(self, started: float, now: float) -> None:
        """A call that started at `started` was rejected: slower, unless that is known already."""
        self._rejections.append(now)
        _forget(self._rejections, now)
        _forget(self._starts, now)
        counted_s = min(max(now - self._began, WINDOW_S / 10), WINDOW_S)
        accepted = max((len(self._starts) - len(self._rejections)) / counted_s, 0.0)
        rate = self.rate(now)
        if now < self._unmoved_until:
            if len(self._rejections) < OFTEN * max(len(self._starts), ENOUGH):
                return
            self._unmoved_until, self._sure_until = now, now + SURE_S  # it was pace after all
        if now > self._sure_until and rate is not None and self._doubt.holds(rate):
            self._peak, self._unmoved_until = None, now + UNMOVED_S
            return
        if started < self._fell_at or (rate is None and len(self._starts) < FEWEST):
            return  # sent at the old rate, or nothing can be said of a rate
        again = now - self._fell_at < WINDOW_S
        few = len(self._rejections) <= max(1.0, FEW * len(self._starts))
        if rate is None or self._peak is None:
            self._peak = max(accepted, 1.0)
        elif not again:
            self._peak = max(rate if few else min(rate, max(accepted, rate / 2)), SLOWEST)
        elif accepted > rate * self._depth:  # a burst of before counts among what was accepted
            self._peak = min(self._peak, accepted)
        self._depth = self._depth * BETA if again else BETA
        if self._depth < LOWEST:  # the peak itself was too high
            self._peak, self._depth = self._peak * self._depth / LOWEST, LOWEST
        self._peak = max(self._peak, SLOWEST)
        self._fell_at = now
        self.next_start = now + 1 / (self._depth * self._peak)

    def state(self, kind: str, per_s: float, now: float, for_s: float) -> None:
        """A ceiling that the endpoint itself states, of requests or tokens, for some time."""
        self._stated[kind] = (per_s, now + for_s)

    def _ceiling(self, kind: str, now: float) -> float | None:
        stated, until = self._stated.get(kind, (None, now))
        configured = self._ceilings[kind]
        if stated is None or now >= until:
            return configured
        return stated if configured is None else min(stated, configured)


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] < now - WINDOW_S:
        times.popleft()
