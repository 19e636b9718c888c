"""The money diary of a run: one line per attempt and its end, appended before anything else."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import HostError
from data.records import Record
from data.run_lock import require_held


class Spent(Record):
    """What a run has sent so far, over all its processes and resumes.

    `attempts`: HTTP requests sent. `paid`: completed 2xx bodies. `perhaps_paid`: attempts that
    the provider may have completed and billed (stalls, drops, a killed process). `usd` charges
    the perhaps-paid at their maximum price.
    """

    attempts: int = 0
    paid: int = 0
    perhaps_paid: int = 0
    usd: float = 0.0
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd_by_judge: dict[str, float] = {}  # noqa: RUF012 - pydantic copies defaults
    paid_by_judge: dict[str, int] = {}  # noqa: RUF012


@dataclass
class Charge:
    """What one request has cost: calls paid or perhaps paid, and USD as far as it is known."""

    calls: int = 0
    usd: float = 0.0


class Ledger:
    """Appends lines to a file of this process; a line is whole or absent, also after SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self._run = folder.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{os.uname().nodename}-{os.getpid()}.jsonl"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise HostError(f"the run folder cannot be written: {error.strerror}") from error

    def sent(self, key: str, judge: str, attempt: int, max_usd: float | None) -> None:
        """Note that an attempt is about to be sent; refused where the run was taken over."""
        require_held(self._run)
        self._append({"e": "sent", "k": key, "j": judge, "a": attempt, "max": max_usd})

    def adopted(self, key: str, judge: str, max_usd: float | None) -> None:
        """Note that an attempt which another process sent is waited for here."""
        self._append({"e": "adopted", "k": key, "j": judge, "max": max_usd})

    def paid(self, key: str, judge: str, usd: float | None, tokens: tuple[int, int]) -> None:
        """Note that an attempt came back complete."""
        self._append({"e": "paid", "k": key, "j": judge, "usd": usd, "in_out": tokens})

    def failed(self, key: str, kind: str, perhaps_paid: bool) -> None:
        """Note that an attempt came back without an answer."""
        self._append({"e": "failed", "k": key, "kind": kind, "perhaps": perhaps_paid})

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _append(self, line: dict[str, Any]) -> None:
        try:
            os.write(self._file, (json.dumps(line) + "\n").encode())
        except OSError as error:
            raise HostError(f"the run folder cannot be written: {error.strerror}") from error


def spent(folder: Path) -> Spent:
    """The sums over every process's diary; an attempt without an end counts as perhaps paid."""
    return _read(folder).record()


def charges(folder: Path) -> dict[str, Charge]:
    """What each request has cost so far, by its key."""
    return _read(folder).by_key


def _read(folder: Path) -> _Sums:
    total = _Sums()
    without_end: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.jsonl")):
        open_attempts: dict[str, dict[str, Any]] = {}
        for line in _lines(path):
            total.add(line, open_attempts)
        without_end += open_attempts.values()
    for sent in without_end:
        if total.adopted[sent["k"]] and sent["e"] == "sent":
            total.adopted[sent["k"]] -= 1  # its end stands with whoever waited for it
        else:
            total.perhaps(sent)
    return total


class _Sums:
    def __init__(self) -> None:
        self.counts = {"attempts": 0, "paid": 0, "perhaps_paid": 0, "unpriced": 0}
        self.usd = 0.0
        self.tokens = [0, 0]
        self.usd_by_judge: dict[str, float] = {}
        self.paid_by_judge: dict[str, int] = {}
        self.by_key: dict[str, Charge] = {}
        self.adopted: Counter[str] = Counter()  # attempts of other processes, by key

    def add(self, line: dict[str, Any], open_attempts: dict[str, dict[str, Any]]) -> None:
        sent = line if line["e"] == "sent" else open_attempts.pop(line["k"], None)
        if line["e"] == "adopted":
            self.adopted[line["k"]] += sent is None
            open_attempts[line["k"]] = line
        elif line["e"] == "sent":
            self.counts["attempts"] += 1
            if line["k"] in open_attempts:  # an earlier process with this id died in between
                self.perhaps(open_attempts[line["k"]])
            open_attempts[line["k"]] = line
        elif line["e"] == "paid":
            self.counts["paid"] += 1
            self.paid_by_judge[line["j"]] = self.paid_by_judge.get(line["j"], 0) + 1
            self.tokens = [a + b for a, b in zip(self.tokens, line["in_out"], strict=True)]
            self.charge(line["k"], line["j"], line["usd"])
        elif line["perhaps"] and sent:
            self.perhaps(sent)

    def perhaps(self, sent: dict[str, Any]) -> None:
        self.counts["perhaps_paid"] += 1
        self.charge(sent["k"], sent["j"], sent["max"])

    def charge(self, key: str, judge: str, usd: float | None) -> None:
        own = self.by_key.setdefault(key, Charge())
        own.calls += 1
        own.usd += usd or 0.0
        if usd is None:
            self.counts["unpriced"] += 1
        else:
            self.usd += usd
            self.usd_by_judge[judge] = self.usd_by_judge.get(judge, 0.0) + usd

    def record(self) -> Spent:
        return Spent(
            **self.counts,
            usd=self.usd,
            input_tokens=self.tokens[0],
            output_tokens=self.tokens[1],
            usd_by_judge=self.usd_by_judge,
            paid_by_judge=self.paid_by_judge,
        )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            continue  # the torn last line of a full disk
