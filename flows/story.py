"""The log of a run: what one wants to read the next morning, in some dozens of lines."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from typing import Any

from prefect import get_run_logger
from rich.console import Console

from data.run_folder import RunFolder
from flows.meter import Counts
from tasks import progress
from tasks.quote import QuoteTotal
from tasks.stages.summary import against, totals

QUARTERS = 4
BEST = 4  # rows of the leaderboard, of each mode


class _Echo(logging.Filter):
    """Drops the line with which Prefect ends every task that ended well."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (
            record.levelno == logging.INFO and record.getMessage().startswith("Finished in state")
        )


@contextmanager
def without_echo() -> Iterator[None]:
    """While inside, tasks that end well are told about by their own lines alone."""
    tasks, echo = logging.getLogger("prefect.task_runs"), _Echo()
    tasks.addFilter(echo)
    try:
        yield
    finally:
        tasks.removeFilter(echo)


def outlive_the_reader() -> None:
    """Let the run go on where nobody reads its log any more: a pager that was left, a dead worker.

    The library that prints Prefect's lines would end the thread that writes one (SystemExit).
    """
    known = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    for logger in (logging.root, *known):
        for handler in logger.handlers:
            console = getattr(handler, "console", None)
            if isinstance(console, Console):
                console.on_broken_pipe = partial(  # type: ignore[method-assign]
                    setattr, console, "quiet", True
                )


def say_start(run: RunFolder, judges: Sequence[str], settings: Sequence[str]) -> None:
    """Which run this is."""
    get_run_logger().info(
        "run %s in %s: judges %s; settings %s",
        run.run_id,
        run.path,
        ", ".join(judges),
        ", ".join(settings),
    )


def say_quote(round_: int, quote: QuoteTotal) -> None:
    """What a round is expected to cost."""
    get_run_logger().info(
        "round %s: %s requests, %s cached, %s to send; %.4f USD expected, %.4f at most%s",
        round_,
        quote.requests,
        quote.cached,
        quote.to_send,
        quote.expected_usd,
        quote.max_usd,
        f"; price unknown for {', '.join(quote.unpriced)}" if quote.unpriced else "",
    )


class RoundStory:
    """Tells four times a round how far it has come, however many shards it has."""

    def __init__(self, round_: int, shards: int) -> None:
        self._round, self._shards, self._told = round_, shards, 0
        self._counts = Counts()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While inside, outcomes are counted."""
        progress.listen(self._counts)
        try:
            yield
        finally:
            progress.forget(self._counts)

    def done(self, shards: int) -> None:
        """So many shards have ended."""
        reached = QUARTERS * shards // self._shards
        if reached > self._told:
            self._told = reached
            get_run_logger().info(
                "round %s: %s of %s shards, %s", self._round, shards, self._shards, self._counts
            )


def say_end(facts: dict[str, Any], leaders: Sequence[dict[str, str]], page: str) -> None:
    """What came of the run: the best of each mode, the counts, the money, the page."""
    log = get_run_logger()
    judged = [row for row in leaders if not row["judge"].startswith("baseline:")]
    for mode, rows in itertools.groupby(judged, key=itemgetter("mode")):
        first = [
            "{judge}, {setting} {value} ({interval})".format(**row)
            for row in itertools.islice(rows, BEST)
        ]
        measure = next(row["measure"] for row in judged if row["mode"] == mode)
        log.info("%s by %s, best first: %s", mode, measure, "; ".join(first))
    log.info("%s", totals(facts))
    log.info("%s", against(facts))
    log.info("report: %s", page)
