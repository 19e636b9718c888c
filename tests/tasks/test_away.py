"""Files of a run that go to workers through a share, and what comes back."""

import json
from pathlib import Path

import pytest

from data.errors import ConfigError
from data.exchange import Exchange
from data.ledger import Ledger, spent
from data.run_folder import RunFolder
from tasks.config_file import parse_config
from tasks.stages import away


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
