"""Files of a run that go to workers through a share, and what comes back."""

import json
from pathlib import Path

import pytest

from data import tables
from data.errors import ConfigError, HostError
from data.exchange import Exchange
from data.ledger import Ledger, spent
from data.run_folder import RunFolder
from data.tables import table
from tasks.config_file import parse_config
from tasks.stages import away
from tasks.stages.rounds import REQUESTS


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(f"file://{tmp_path}/share", "nonce")


def a_worker(tmp_path: Path, name: str) -> tuple[Path, Ledger]:
    copy = tmp_path / name
    return copy, Ledger(copy / "ledger")


def test_diaries_are_handed_in_by_parts_and_fetched_whole_and_once(
    tmp_path: Path, exchange: Exchange
) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    copy, diary = a_worker(tmp_path, "copy")
    for number in range(3):
        diary.sent(f"k{number}", "j", 1, 0.5)
        diary.paid(f"k{number}", "j", 0.25, (1, 1))
        away._hand_in(copy, exchange)
        away.fetch(run, exchange)
        away.fetch(run, exchange)
        found = spent(run.path / "ledger")
        assert (found.paid, found.usd) == (number + 1, 0.25 * (number + 1))
    diary.sent("k3", "j", 1, 0.5)  # and the worker dies
    away._hand_in(copy, exchange)
    away.fetch(run, exchange)
    found = spent(run.path / "ledger")
    assert (found.paid, found.perhaps_paid, found.usd) == (3, 1, 1.25)


def test_a_half_line_waits_until_it_is_whole(tmp_path: Path, exchange: Exchange) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    copy, _ = a_worker(tmp_path, "copy")
    (path,) = (copy / "ledger").glob("*.jsonl")
    one, two = (
        json.dumps({"e": "sent", "k": key, "j": "j", "a": 1, "max": 1.0}) + "\n" for key in "kl"
    )
    path.write_text(one + two[:7])
    away._hand_in(copy, exchange)
    path.write_text(one + two)
    away._hand_in(copy, exchange)
    away.fetch(run, exchange)
    assert spent(run.path / "ledger").attempts == 2


def test_parts_that_overlap_or_are_being_written_neither_count_twice_nor_get_lost(
    tmp_path: Path, exchange: Exchange
) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    lines = [
        json.dumps({"e": "sent", "k": key, "j": "j", "a": 1, "max": 1.0}) + "\n" for key in "abc"
    ]
    size = len(lines[0])
    whole = "".join(lines).encode()

    def put(start: int, end: int, content: bytes) -> None:
        exchange.put({f"ledger/w.jsonl/{start:015d}-{end:015d}": content})
        away.fetch(run, exchange)

    put(0, size, whole[:size])  # stored, and its reply was lost
    put(0, 2 * size, whole[: 2 * size])  # so it is handed in again, with more
    put(2 * size, 3 * size, whole[2 * size : 3 * size - 5])  # half of it is there yet
    assert spent(run.path / "ledger").attempts == 2
    put(2 * size, 3 * size, whole[2 * size :])
    assert spent(run.path / "ledger").attempts == 3
    assert (run.path / "ledger" / "w.jsonl").read_bytes() == whole


def handed_out(tmp_path: Path, exchange: Exchange) -> Path:
    run = tmp_path / "runs" / "run"
    files = {"run.json": b"{}", "config.yaml": b"{}", "providers.yaml": b"", "plan.parquet": b""}
    (tmp_path / "requests").mkdir()
    tables.write(table([], REQUESTS), tmp_path / "requests" / "r2.parquet")
    asked = (tmp_path / "requests" / "r2.parquet").read_bytes()
    prompts = {"prompts/a.txt": b"a", "prompts/b.txt": b"b"}
    exchange.put({**files, **prompts, "requests/r2.parquet": asked})
    return run


def test_a_copy_that_broke_off_is_made_whole_by_the_next_shard(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, share = handed_out(tmp_path, exchange), f"file://{tmp_path}/share"
    monkeypatch.setattr(away, "_root", tmp_path / "root")
    get = Exchange.get

    def fails(self: Exchange, name: str) -> bytes:
        if name == "prompts/b.txt":
            raise HostError("a hiccup")
        return get(self, name)

    with monkeypatch.context() as broken:
        broken.setattr(Exchange, "get", fails)
        with pytest.raises(HostError, match="hiccup"):
            away.run_here(str(run), "nonce", share)
    copy = away.run_here(str(run), "nonce", share)
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert {"prompts/a.txt", "prompts/b.txt", "providers.yaml", "config.yaml"} <= names


def test_answers_that_a_worker_did_not_make_do_not_replace_newer_ones(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, share = handed_out(tmp_path, exchange), f"file://{tmp_path}/share"
    monkeypatch.setattr(away, "_root", tmp_path / "root")
    exchange.put({"answers/r2.parquet": b"older"})
    with away.seen(str(run), "nonce", "r2", share):
        exchange.put({"answers/r2.parquet": b"newer"})  # another worker; this one is told to stop
    assert exchange.get("answers/r2.parquet") == b"newer"
    with away.seen(str(run), "nonce", "r2", share) as copy:
        (copy / "answers" / "r2.parquet").write_bytes(b"newest")
    assert exchange.get("answers/r2.parquet") == b"newest"


def test_a_name_from_the_share_cannot_leave_the_run_folder(
    tmp_path: Path, exchange: Exchange
) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    exchange.put({"ledger/..x/000000000000000": b"{}\n", "ledger/run.json/0": b"{}\n"})
    away.fetch(run, exchange)
    assert list((run.path / "ledger").glob("*")) == []


def test_batches_need_the_folder_itself() -> None:
    judge = {"name": "j", "client": "openai", "model": "m", "execute": "batch"}
    with pytest.raises(ConfigError, match="leave `share` out"):
        parse_config(
            {
                "name": "n",
                "dataset": {"path": "."},
                "judges": [judge],
                "cache": "redis://host",
                "runner": {"dask": {"share": "s3://bucket"}},
            }
        )
