"""A place where hosts hand each other files, on file systems that fsspec knows."""

from pathlib import Path

import pytest

from data.errors import ConfigError, HostError
from data.exchange import Exchange, checked_share


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}://{tmp_path / 'share'}"


def test_files_of_a_run_are_found_by_whoever_knows_its_name(url: str) -> None:
    Exchange(url, "run").put({"a/one.txt": b"1", "a/two.txt": b"2"})
    other = Exchange(url, "run")
    assert other.names("a") == ["one.txt", "two.txt"]
    assert other.get("a/two.txt") == b"2"
    assert Exchange(url, "another").names("a") == []


def test_what_is_stored_again_replaces_what_was_there(url: str) -> None:
    exchange = Exchange(url, "run")
    exchange.put({"run.json": b"before"})
    exchange.put({"run.json": b"after"})
    assert exchange.get("run.json") == b"after"


def test_a_run_that_is_cleared_leaves_the_others(url: str) -> None:
    one, two = Exchange(url, "one"), Exchange(url, "two")
    one.put({"a/x": b"1"})
    two.put({"a/x": b"2"})
    one.clear()
    assert (one.names("a"), two.names("a")) == ([], ["x"])


def test_a_file_that_is_missing_is_told_in_one_line(url: str) -> None:
    with pytest.raises(HostError, match="cannot be used: FileNotFoundError") as told:
        Exchange(url, "run").get("run.json")
    assert "\n" not in str(told.value)


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot be used"):
        Exchange(f"file://{tmp_path}/file", "run").put({"a": b""})


@pytest.mark.parametrize(
    "url", ["sftp://user:hunter2@host/folder", "sftp://user@host/folder", "s3://b/f?key=hunter2"]
)
def test_an_address_with_credentials_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="leave them to the environment") as told:
        checked_share(url)
    assert "hunter2" not in str(told.value)


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="nowhere://x"):
        Exchange("nowhere://x", "run")
