"""What several measures need of the same tables is made once while a run is measured."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Memory = dict[tuple[Any, ...], tuple[Any, Any]]
_known: ContextVar[Memory | None] = ContextVar("known", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Functions marked `remembered` work once for the same objects while this is open."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function of objects that nobody changes; objects are told apart by identity."""

    @functools.wraps(function)
    def known(*args: P.args, **kwargs: P.kwargs) -> T:
        memory = _known.get()
        if memory is None or kwargs:
            return function(*args, **kwargs)
        key = (function, *(arg if isinstance(arg, str) else id(arg) for arg in args))
        if key not in memory:
            memory[key] = function(*args, **kwargs), args  # holding them keeps their ids theirs
        found: T = memory[key][0]
        return found

    return known
