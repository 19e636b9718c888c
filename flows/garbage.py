"""Python's cycle collector, kept from walking a run's rows again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, MIDDLE, OLD = 50_000, 20, 100  # Python's own 700, 10, 10 suit programs of few objects


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """While inside, new objects are looked over seldom, and those there already not at all.

    Rows hold no cycles, so nearly nothing waits for the collector; a sixth of the time of a run
    whose answers are cached went into it.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
