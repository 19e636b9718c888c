"""A machine at its worst: full and read-only disks, damaged files, runs side by side."""

import json
import os
import resource
import struct
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import Ended, InProcess, Server, Terminal
from tests.standin.control import StandinControl

ITEMS = 40
AT_ONCE = 2


def config(terminal: Terminal, standin: StandinControl, cache: Path, **changes: Any) -> Path:
    judge = {
        "name": "gpt", "client": "openai", "model": "m", "base_url": standin.openai_url,
        "concurrency": AT_ONCE,
    }  # fmt: skip
    base = {"judges": [judge], "modes": ["score"], "limit": ITEMS, "cache": str(cache)}
    return terminal.config("hard", **(base | changes))


def one_line(ended: Ended) -> str:
    (line,) = [line for line in ended.err.splitlines() if line.startswith("judgeflow: ")]
    return line


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    try:
        subprocess.run(mounted, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_stops_before_the_next_call_and_nothing_kept_is_lost(
    quick: InProcess, standin: StandinControl, prefect_server: Server, disk: Path
) -> None:
    ballast = disk / "ballast"
    blind = {"settings": ["no-figure"]}
    path = config(quick, standin, disk / "cache", limit=2, **blind)
    assert quick("run", path, "--run-dir", "first").code == 0
    free = os.statvfs(disk)
    ballast.write_bytes(b"x" * max(0, free.f_bavail * free.f_bsize - 40_000))
    path = config(quick, standin, disk / "cache", **blind)
    ended = quick("run", path, "--run-dir", "run")
    assert ended.code == 2
    assert "free space" in one_line(ended)
    before = standin.stats()
    assert before["total"] < ITEMS
    ballast.unlink()
    again = quick("resume", "run", "--json")
    assert again.code == 0, again.err
    after = standin.stats()
    assert after["completed"] <= ITEMS + AT_ONCE  # those that came when there was no room
    assert again.json["counts"]["paid"] + again.json["counts"]["perhaps_paid"] >= (
        after["completed"] - 2
    )


def test_a_read_only_cache_stops_before_any_call(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl, disk: Path
) -> None:
    path = config(judgeflow, standin, disk / "cache")
    assert judgeflow("run", path, "--run-dir", "first").code == 0
    asked = standin.stats()["total"]
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    ended = quick("run", path, "--run-dir", "second", "--set", "epoch=other")
    assert ended.code == 2
    assert "make it writable" in one_line(ended)
    assert standin.stats()["total"] == asked


@pytest.mark.parametrize("part", ["start", "middle"])
def test_a_cache_file_damaged_under_us_is_told_and_never_believed(
    quick: InProcess, standin: StandinControl, prefect_server: Server, part: str
) -> None:
    cache = quick.folder / "cache"
    path = config(quick, standin, cache)
    first = quick("run", path, "--run-dir", "first", "--json")
    assert first.code == 0, first.err
    file = cache / "calls" / "cache.db"
    content = bytearray(file.read_bytes())
    at = 0 if part == "start" else len(content) // 2
    content[at : at + 6000] = os.urandom(6000)
    file.write_bytes(content)
    ended = quick("run", path, "--run-dir", "second", "--json")
    if ended.code == 0:  # what was damaged was asked again
        assert ended.json["counts"]["verdicts"] == first.json["counts"]["verdicts"]
    else:
        assert ended.code == 2
        line = one_line(ended)
        assert "is damaged" in line and "export" in line


@pytest.mark.prove
def test_two_runs_side_by_side_share_what_either_has_paid(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(latency=0.05)
    path = config(judgeflow, standin, judgeflow.folder / "cache")
    both = [judgeflow.start("run", path, "--run-dir", name) for name in ("one", "two")]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    tables = [
        pl.read_parquet(judgeflow.folder / name / "verdicts.parquet") for name in ("one", "two")
    ]
    assert tables[0].equals(tables[1])
    assert standin.stats()["completed"] <= 2 * ITEMS
    third = quick("run", path, "--run-dir", "three", "--json")
    assert third.json["counts"]["cached"] == ITEMS


def test_an_answer_of_five_megabytes_is_kept_whole(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    long = "word " * 2**20
    standin.script(texts=[f"{long}\n\nJudgement: [[4]]"])
    path = config(quick, standin, quick.folder / "cache", limit=2)
    ended = quick("run", path, "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["verdicts"] == {"scored": 2}
    answers = pl.read_parquet(quick.folder / "run" / "answers.parquet")
    assert answers["text"].str.len_bytes().min() == len(long) + len("\n\nJudgement: [[4]]")
    assert (quick.folder / "run" / "report.html").stat().st_size < 5 * 2**20


def dataset(folder: Path, rows: Iterable[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "samples.jsonl").open("w") as file:
        for number, row in enumerate(rows):
            given = {
                "id": str(number), "mode": "score", "instruction": f"Describe item {number}.",
                "responses": [{"text": f"Item {number}.", "author": "a"}],
                "label": number % 5 + 1,
            }  # fmt: skip
            file.write(json.dumps(given | row) + "\n")
    return folder


def drawn(width: int, height: int) -> bytes:
    """A whole black-and-white PNG, written line by line."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    lines = zlib.compressobj()
    line = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(lines.compress(line) for _ in range(height)) + lines.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_an_image_of_two_hundred_megapixels_is_set_aside_and_the_rest_judged(
    quick: InProcess, prefect_server: Server
) -> None:
    folder = dataset(quick.folder / "data", [{"images": [f"{n}.png"]} for n in range(3)])
    for number, size in enumerate([(40, 30), (20_000, 10_000), (30, 40)]):
        (folder / f"{number}.png").write_bytes(drawn(*size))
    rule = {"path": str(folder), "max_bad_share": 0.5}
    ended = quick("run", quick.config(dataset=rule, modes=["score"]), "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["planned"] == 2
    (rejected,) = pl.read_parquet(quick.folder / "run" / "rejected.parquet").to_dicts()
    assert rejected["file"] == "1.png"
    assert "more pixels than is safe to decode" in rejected["reason"]


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_rows_are_judged_whole_in_bounded_memory(judgeflow: Terminal) -> None:
    rows = 100_000
    folder = dataset(judgeflow.folder / "data", ({"source": f"s{n % 7}"} for n in range(rows)))
    path = judgeflow.config(dataset={"path": str(folder)}, modes=["score"])
    process = judgeflow.start("run", path, "--run-dir", "run", "--json")
    out, err = process.communicate(timeout=1100)
    assert process.returncode == 0, err
    counts = json.loads(out)["counts"]
    assert counts["planned"] == rows
    assert sum(counts["verdicts"].values()) == rows
    judged = pl.read_parquet(judgeflow.folder / "run" / "verdicts.parquet")
    assert judged.filter(pl.col("judge") == "sim")["sample_id"].n_unique() == rows
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2 * 2**20  # kB
