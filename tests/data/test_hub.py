"""Fetching a published benchmark from a stand-in of the hub: whole, checked, resumed, refused."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from data.errors import DataError, HostError
from data.hub import fetch

COMMIT = "a" * 40
REPOSITORY = "ONE-Lab/MLLM-as-a-Judge"


class Hub(ThreadingHTTPServer):
    """Answers as the hub does for one data set; `broken` files have other bytes than listed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {
            "README.md": b"---\nlicense: mit\n---\n",
            "Benchmark/score.jsonl": b'{"a": 1}\n',
            "image/0.jpg": b"\xff\xd8" + b"x" * 5000,
            "raw_data/large.bin": b"y" * 100,
        }
        self.broken: set[str] = set()
        self.sent: Counter[str] = Counter()
        self.known = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        path = unquote(urlparse(self.path).path)
        files = self.server.files
        if not self.server.known:
            self.answer(404, b"{}", X_Error_Code="RepoNotFound")
        elif "/tree/" in path:
            self.json([
                {"type": "file", "path": name, "size": len(body), "oid": blob(body)}
                for name, body in files.items()
            ])  # fmt: skip
        elif path.startswith("/api/datasets/"):
            listed = [
                {"rfilename": name, "size": len(body), "blobId": blob(body)}
                for name, body in files.items()
            ]
            self.json({
                "id": REPOSITORY, "sha": COMMIT, "private": False, "gated": False, "tags": [],
                "disabled": False, "downloads": 0, "likes": 0, "cardData": {"license": "mit"},
                "siblings": listed,
            })  # fmt: skip
        else:
            name = path.split(f"/resolve/{COMMIT}/")[1]
            body = files[name]
            if self.command == "GET":
                self.server.sent[name] += 1
            given = body[::-1] if name in self.server.broken else body
            self.answer(200, given, ETag=f'"{blob(body)}"', X_Repo_Commit=COMMIT)

    do_HEAD = do_GET

    def json(self, value: object) -> None:
        self.answer(200, json.dumps(value).encode(), Content_Type="application/json")


def blob(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def test_what_is_needed_arrives_whole_and_the_licence_is_shown(hub: Hub, tmp_path: Path) -> None:
    found = fetch("mllm-judge", tmp_path / "d")
    assert (found.files, found.commit, found.licence) == (3, COMMIT, "mit")
    assert "CC BY-NC" in found.licence_note
    for name in ("README.md", "Benchmark/score.jsonl", "image/0.jpg"):
        assert (tmp_path / "d" / name).read_bytes() == hub.files[name]
    assert not (tmp_path / "d" / "raw_data").exists()


def test_a_second_time_fetches_only_what_is_missing(hub: Hub, tmp_path: Path) -> None:
    fetch("mllm-judge", tmp_path)
    (tmp_path / "image" / "0.jpg").unlink()
    fetch("mllm-judge", tmp_path)
    assert hub.sent == {"README.md": 1, "Benchmark/score.jsonl": 1, "image/0.jpg": 2}


def test_other_bytes_than_listed_are_refused_and_removed(hub: Hub, tmp_path: Path) -> None:
    hub.broken = {"image/0.jpg"}
    with pytest.raises(DataError, match=r"'image/0\.jpg' is not what the hub lists"):
        fetch("mllm-judge", tmp_path)
    assert not (tmp_path / "image" / "0.jpg").exists()
    hub.broken = set()
    assert fetch("mllm-judge", tmp_path).files == 3


def test_an_unknown_data_set_and_an_absent_hub_are_one_line_each(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.known = False
    with pytest.raises(DataError, match="the hub has no data set"):
        fetch("mllm-judge", tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(HostError, match="cannot be reached"):
        fetch("mllm-judge", tmp_path)
