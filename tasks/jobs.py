"""What an engine is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cache.keys import request_of_json
from data.records import Answer, Failure, Request


@dataclass(frozen=True)
class Job:
    """A request to answer (as canonical JSON), who asks it, and what it may use.

    `max_usd` is the most it can cost (`None`: unknown); `tokens` is what it is expected to bring or
    use up, for limits of tokens per minute.
    """

    key: str
    judge: str
    text: str
    max_usd: float | None
    tokens: int = 0

    @cached_property
    def request(self) -> Request:
        """The request; one that is answered from the cache is never read."""
        return request_of_json(self.text)


@dataclass(frozen=True)
class Outcome:
    """What became of a job: an answer or a failure; `usd` is what this run paid for it."""

    job: Job
    answer: Answer | None = None
    failure: Failure | None = None
    cached: bool = False
    usd: float | None = 0.0
