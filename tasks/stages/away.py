"""A run on hosts that do not see its folder: what they need is handed out, what they made fetched.

The leader hands out a round before its shards start. A worker keeps a copy of its own, answers a
shard into it, and hands in the answers and the lines of its diary; lines also on the way, so that
a host that dies leaves the diary of all but its last seconds.
"""

from __future__ import annotations

import atexit
import json
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from data.errors import HostError
from data.exchange import AT_ONCE, Exchange
from data.image_store import ImageStore
from data.run_folder import RunFolder
from data.run_lock import require_held
from data.run_record import COMPLETE
from tasks.config import DaskRunner, RunConfig
from tasks.stages.context import Context

HAND_IN_EVERY_S = 1.0
CONFIG, PRICES, PROMPTS = "config.yaml", "providers.yaml", "prompts"
DIARY = re.compile(r"\w[\w.-]*\.jsonl")
PART = re.compile(r"\d{15}-\d{15}")  # of a diary: where it begins and ends, in bytes
_here, _handing = threading.Lock(), threading.Lock()
_root: Path | None = None
_token = secrets.token_hex(4)  # of this process
_handed: dict[Path, int] = {}  # bytes of each diary


def share_of(config: RunConfig) -> str | None:
    """Where the files of a run are handed over, `None` where its workers see its folder."""
    return config.runner.share if isinstance(config.runner, DaskRunner) else None


def exchange_of(here: Context) -> Exchange | None:
    """The exchange of a run whose workers do not see its folder."""
    share = share_of(here.config)
    return None if share is None else Exchange(share, here.run.facts()["nonce"])


def hand_out(here: Context, exchange: Exchange, shards: Sequence[str]) -> None:
    """What workers need of a run for some shards: configuration, requests, pictures."""
    run = here.run.path
    prompts = [f"{PROMPTS}/{path.name}" for path in (run / PROMPTS).iterdir() if path.is_file()]
    tables = [f"requests/{shard}.parquet" for shard in shards]
    theirs = set(exchange.names("answers"))  # perhaps newer than what was fetched
    begun = [f"answers/{s}.parquet" for s in shards if f"{s}.parquet" not in theirs]
    names = [CONFIG, PRICES, "plan.parquet", *prompts, *tables, *begun]
    exchange.put({name: (run / name).read_bytes() for name in names if (run / name).exists()})
    known = set(exchange.names("images"))
    store = ImageStore(here.config.image_folder)
    named = {store.path(*each).name: each for each in _pictures(run / name for name in tables)}
    lacking = sorted(set(named) - known)
    for start in range(0, len(lacking), AT_ONCE):
        some = lacking[start : start + AT_ONCE]  # no more of them in memory
        exchange.put({f"images/{name}": store.read(*named[name]) for name in some})
    exchange.put({"run.json": (run / "run.json").read_bytes()})  # last: the rest is there


def fetch(run: RunFolder, exchange: Exchange, shard: str | None = None) -> None:
    """The answers to a shard, if it is named and has any, and what all diaries have more."""
    require_held(run.path)  # two leaders would append the same
    name = f"{shard}.parquet"
    if shard is not None and name in exchange.names("answers"):
        run.write_bytes(f"answers/{name}", exchange.get(f"answers/{name}"))
    for diary in filter(DIARY.fullmatch, exchange.names("ledger")):
        path = run.path / "ledger" / diary
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            for part in filter(PART.fullmatch, exchange.names(f"ledger/{diary}")):
                start, end = map(int, part.split("-"))
                at = file.tell()
                if start <= at < end:
                    lines = exchange.get(f"ledger/{diary}/{part}")
                    if len(lines) == end - start:  # else it is being written; it comes next time
                        file.write(lines[at - start :])


def catch_up(here: Context) -> None:
    """The lines of diaries that workers of an earlier execution have handed in since."""
    exchange = exchange_of(here)
    if exchange is not None:
        fetch(here.run, exchange)


def tidy(here: Context) -> None:
    """Remove what a complete run has handed over; what is left of others serves a resume."""
    with suppress(HostError):
        exchange = exchange_of(here)
        if exchange is not None and here.run.facts().get("status") in COMPLETE:
            exchange.clear()


def run_here(run: str, nonce: str, share: str | None) -> Path:
    """Where this process sees a run: at its path, or in a copy of its own, up to date.

    Raises:
        ConfigError, HostError: the share cannot be used.
    """
    return Path(run) if share is None else _copied(Path(run).name, nonce, Exchange(share, nonce))


@contextmanager
def seen(run: str, nonce: str, shard: str, share: str | None) -> Iterator[Path]:
    """The same while a shard is answered; what was done in a copy is handed in after.

    Raises:
        ConfigError, HostError: the share cannot be used.
    """
    if share is None:
        yield Path(run)
        return
    exchange = Exchange(share, nonce)
    copy = _copied(Path(run).name, nonce, exchange)
    _take(copy, exchange, f"requests/{shard}.parquet")
    answers = copy / "answers" / f"{shard}.parquet"
    if answers.name in exchange.names("answers"):
        _take(copy, exchange, f"answers/{answers.name}")
    before = answers.read_bytes() if answers.exists() else None
    _pictures_here(copy, exchange, shard)
    done = threading.Event()
    diary = threading.Thread(target=_handing_in, args=(copy, exchange, done), daemon=True)
    diary.start()
    try:
        yield copy
    finally:
        done.set()
        diary.join()
        after = answers.read_bytes() if answers.exists() else None
        if after is not None and after != before:  # else another may have made newer ones
            exchange.put({f"answers/{answers.name}": after})
        _hand_in(copy, exchange)


def _copied(name: str, nonce: str, exchange: Exchange) -> Path:
    """This process's copy of a run; its record, limits and plan as they are now."""
    with _here:
        copy = _own_root() / nonce / name
        if not (copy / CONFIG).exists():  # it is written after them
            for needed in (*(f"{PROMPTS}/{found}" for found in exchange.names(PROMPTS)), PRICES):
                _take(copy, exchange, needed)
        config = json.loads(exchange.get(CONFIG))
        text = json.dumps({**config, "runs": str(copy.parent)}).encode()
        if not (copy / CONFIG).exists() or (copy / CONFIG).read_bytes() != text:
            RunFolder(copy).write_bytes(CONFIG, text)
        for needed in ("plan.parquet", "run.json"):
            _take(copy, exchange, needed)
    return copy


def _own_root() -> Path:
    """A folder of this process, gone with it."""
    global _root
    if _root is None:
        _root = Path(tempfile.mkdtemp(prefix="judgeflow-"))
        atexit.register(shutil.rmtree, _root, ignore_errors=True)
    return _root


def _take(copy: Path, exchange: Exchange, name: str) -> None:
    RunFolder(copy).write_bytes(name, exchange.get(name))


def _pictures(requests: Iterable[Path]) -> set[tuple[str, str]]:
    """The pictures that requests show: sha256 and media type."""
    found = set()
    for path in requests:
        for text in pl.read_parquet(path, columns=["request"])["request"]:
            for message in json.loads(text)["messages"]:
                for part in message["content"]:
                    if "sha256" in part:
                        found.add((part["sha256"], part["media_type"]))
    return found


def _pictures_here(copy: Path, exchange: Exchange, shard: str) -> None:
    store = ImageStore(copy.parent / ".images")
    for sha256, media_type in sorted(_pictures([copy / "requests" / f"{shard}.parquet"])):
        path = store.path(sha256, media_type)
        if not path.exists():
            store.put(exchange.get(f"images/{path.name}"), media_type)


def _handing_in(copy: Path, exchange: Exchange, done: threading.Event) -> None:
    while not done.wait(HAND_IN_EVERY_S):
        with suppress(HostError):  # at the end it is told
            _hand_in(copy, exchange)


def _hand_in(copy: Path, exchange: Exchange) -> None:
    """What this process's diary has more is handed in, under its place in the diary."""
    with _handing:
        for path in (copy / "ledger").glob("*.jsonl"):
            start = _handed.get(path, 0)
            with path.open("rb") as file:
                file.seek(start)
                more = file.read()
            whole = more[: more.rfind(b"\n") + 1]
            if whole:
                diary = f"{path.stem}-{_token}.jsonl"  # a process id comes again in containers
                end = start + len(whole)
                exchange.put({f"ledger/{diary}/{start:015d}-{end:015d}": whole})
                _handed[path] = end
