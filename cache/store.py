"""What a call cache does, whatever holds it: one entry per answered request, kept for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from cache.keys import KEY_VERSION, canonical_json, key_of_json, request_json
from data.records import Answer, Record, Request


class Entry(Record):
    """An answered request as stored: auditable, because the request stands beside the answer."""

    key: str
    request: Request
    answer: Answer
    stored_at: str


class DamagedError(Exception):
    """A stored value is not an entry, or not the entry of its key."""


class CallCache(Protocol):
    """Answers by request key. Reading never runs code, writing is durable when it returns.

    Attributes:
        damaged: how many damaged entries were met.
    """

    damaged: int

    def get(self, key: str, max_age_s: float | None = None) -> Entry | None:
        """The entry of `key`; `None` if absent, older than `max_age_s` or damaged."""
        ...

    def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers of those of `keys` that have a sound entry."""
        ...

    def has(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that have an entry, damaged or not."""
        ...

    def put(self, entry: Entry) -> None:
        """Store an entry durably, replacing what the key held.

        Raises:
            HostError: the disk is full or the cache cannot be written.
        """
        ...

    def put_all(self, entries: Iterable[Entry]) -> None:
        """Store entries durably, replacing what their keys held; raises as `put` does."""
        ...

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every key and stored text, by key; a value that is not text is an empty string."""
        ...

    def delete(self, keys: Iterable[str]) -> int:
        """Remove entries and return how many there were."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def new_entry(key: str, request: Request, answer: Answer) -> Entry:
    """The entry of an answer that has just arrived."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    return Entry(key=key, request=request, answer=answer, stored_at=now)


def entry_text(entry: Entry) -> str:
    """An entry as JSON text; the answer carries its own hash so that damage can be found."""
    answer = canonical_json(entry.answer.model_dump(mode="json"))
    return (
        f'{{"key_version":{KEY_VERSION},"stored_at":"{entry.stored_at}",'
        f'"request":{request_json(entry.request)},'
        f'"answer":{answer},"answer_sha256":"{_sha256(answer)}"}}'
    )


def read_entry(key: str, text: str, *, rehash: bool = False) -> Entry:
    """The entry stored as `text` under `key`; `rehash` also recomputes the key.

    Raises:
        DamagedError: saying what is wrong with it.
    """
    try:
        stored: dict[str, Any] = json.loads(text)
        answer, request = _sound(stored), dict(stored["request"])
        if rehash and key_of_json(canonical_json(request)) != key:
            raise DamagedError("the request does not hash to the key it is stored under")
        request.pop("key_version")
        return Entry(
            key=key,
            request=Request.model_validate(request),
            answer=answer,
            stored_at=stored["stored_at"],
        )
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise DamagedError(f"not an entry: {type(error).__name__}") from error


def read_answer(text: str) -> Answer:
    """The answer in an entry's text; what it answers is not looked at.

    Raises:
        DamagedError: saying what is wrong with it.
    """
    try:
        stored: dict[str, Any] = json.loads(text)
        return _sound(stored)
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise DamagedError(f"not an entry: {type(error).__name__}") from error


def _sound(stored: dict[str, Any]) -> Answer:
    if _sha256(canonical_json(stored["answer"])) != stored["answer_sha256"]:
        raise DamagedError("the answer does not have the hash stored beside it")
    return Answer.model_validate(stored["answer"])


def age_s(entry: Entry) -> float:
    """Seconds since the entry was stored."""
    stored = dt.datetime.fromisoformat(entry.stored_at)
    return (dt.datetime.now(dt.UTC) - stored).total_seconds()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
