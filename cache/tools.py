"""Looking after a call cache: what it holds, whether it is sound, moving it, thinning it out."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from cache.store import CallCache, DamagedError, Entry, entry_text, read_entry
from data.errors import DataError
from data.records import Record, Request, Usage

STORED_AT_ONCE = 200


class CacheStats(Record):
    """What a call cache holds.

    `spent_usd` is what its answers cost at the prices given; `unpriced` entries are not in it.
    """

    entries: int
    bytes: int
    damaged: int
    by_model: dict[str, int]
    by_epoch: dict[str, int]
    input_tokens: int
    output_tokens: int
    spent_usd: float
    unpriced: int
    oldest: str | None
    newest: str | None


def stats(
    cache: CallCache, usd: Callable[[Request, Usage], float | None] = lambda request, usage: None
) -> CacheStats:
    """Counts of entries, bytes of text, billed tokens and USD; damaged entries counted apart.

    Args:
        cache: the call cache.
        usd: the price of an answered request; `None` where it is unknown.
    """
    models: Counter[str] = Counter()
    epochs: Counter[str] = Counter()
    size = tokens_in = tokens_out = damaged = unpriced = 0
    spent = 0.0
    times: list[str] = []
    for key, text in cache.texts():
        size += len(text.encode("utf-8", "surrogatepass"))
        try:
            entry = read_entry(key, text)
        except DamagedError:
            damaged += 1
            continue
        models[f"{entry.request.provider}/{entry.request.model}".rstrip("/")] += 1
        epochs[entry.request.epoch] += 1
        tokens_in += entry.answer.usage.input_tokens or 0
        tokens_out += entry.answer.usage.output_tokens or 0
        price = usd(entry.request, entry.answer.usage)
        spent += price or 0.0
        unpriced += price is None
        times.append(entry.stored_at)
    return CacheStats(
        entries=sum(models.values()),
        bytes=size,
        damaged=damaged,
        by_model=dict(sorted(models.items())),
        by_epoch=dict(sorted(epochs.items())),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        spent_usd=spent,
        unpriced=unpriced,
        oldest=min(times, default=None),
        newest=max(times, default=None),
    )


def verify(cache: CallCache) -> tuple[int, list[tuple[str, str]]]:
    """How many entries are sound, and key and reason of each damaged one; rehashes everything."""
    sound, damaged = 0, []
    for key, text in cache.texts():
        try:
            read_entry(key, text, rehash=True)
            sound += 1
        except DamagedError as error:
            damaged.append((key, str(error)))
    return sound, damaged


def prune(
    cache: CallCache,
    *,
    older_than_days: float | None = None,
    model: str | None = None,
    epoch: str | None = None,
    damaged: bool = False,
    dry_run: bool = False,
) -> int:
    """Delete the entries that match all given conditions; return how many there are.

    Raises:
        DataError: no condition was given; deleting everything is `rm`, not an accident.
    """
    if older_than_days is None and model is None and epoch is None and not damaged:
        raise DataError("prune needs a condition: an age, a model, an epoch or --damaged")
    doomed = []
    for key, text in cache.texts():
        try:
            entry = read_entry(key, text, rehash=damaged)
        except DamagedError:
            if damaged:
                doomed.append(key)
            continue
        if not damaged and _matches(entry, older_than_days, model, epoch):
            doomed.append(key)
    return len(doomed) if dry_run else cache.delete(doomed)


def export(cache: CallCache, path: Path) -> int:
    """Write every sound entry as a line of JSON; return how many. Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8", errors="surrogatepass") as file:
            for key, text in cache.texts():
                try:
                    entry = read_entry(key, text, rehash=True)
                except DamagedError:
                    continue
                file.write(json.dumps({"key": key, "entry": json.loads(entry_text(entry))}) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def import_(cache: CallCache, path: Path) -> tuple[int, int]:
    """Store the entries of an export; return how many were new and how many already there.

    Raises:
        DataError: a line is not a sound entry; nothing after it is stored, and of the lines
            just before it perhaps not all.
    """
    new = known = 0
    entries = exported(path)
    while some := list(islice(entries, STORED_AT_ONCE)):
        there = cache.has([entry.key for entry in some])
        missing = {entry.key: entry for entry in some if entry.key not in there}
        cache.put_all(missing.values())
        new += len(missing)
        known += len(some) - len(missing)
    return new, known


def exported(path: Path) -> Iterator[Entry]:
    """The entries of an export, each rehashed.

    Raises:
        DataError: the file cannot be read, or a line is not a sound entry.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogatepass") as file:
            for number, line in enumerate(file, 1):
                yield _exported_line(path, number, line)
    except OSError as error:
        raise DataError(f"export {str(path)!r} cannot be read: {error.strerror}") from error


def _exported_line(path: Path, number: int, line: str) -> Entry:
    try:
        stored = json.loads(line)
        return read_entry(stored["key"], json.dumps(stored["entry"]), rehash=True)
    except (ValueError, KeyError, TypeError, RecursionError, DamagedError) as error:
        raise DataError(f"{path.name}:{number}: not an exported entry: {error}") from error


def _matches(
    entry: Entry, older_than_days: float | None, model: str | None, epoch: str | None
) -> bool:
    stored = dt.datetime.fromisoformat(entry.stored_at)
    age_days = (dt.datetime.now(dt.UTC) - stored).total_seconds() / 86_400
    return (
        (older_than_days is None or age_days > older_than_days)
        and (model is None or entry.request.model == model)
        and (epoch is None or entry.request.epoch == epoch)
    )
