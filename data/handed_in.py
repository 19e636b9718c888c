"""The batches of a run: written down before and after they are handed in to a provider."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from data.records import Record
from data.run_folder import RunFolder

FOLDER = "batches"


class HandedIn(Record):
    """A batch; without an `id` nobody knows whether it arrived. `since`: wall-clock seconds."""

    nonce: str
    judge: str
    keys: tuple[str, ...]
    since: float
    id: str | None = None
    done: bool = False


def note(run: RunFolder, batch: HandedIn) -> None:
    """Write a batch down, durably.

    Raises:
        HostError: the run folder cannot be written.
    """
    run.write_text(f"{FOLDER}/{batch.nonce}.json", batch.model_dump_json())


def pending(run: RunFolder, judge: str, keys: Iterable[str]) -> list[HandedIn]:
    """The judge's batches that are not done and hold any of these requests, oldest first."""
    wanted, found = set(keys), []
    for path in sorted((run.path / FOLDER).glob("*.json")):
        try:
            batch = HandedIn.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            continue  # nothing whole was ever written under this name
        if not batch.done and batch.judge == judge and wanted.intersection(batch.keys):
            found.append(batch)
    return sorted(found, key=lambda batch: batch.since)
