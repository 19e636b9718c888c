import base64
import hashlib
from pathlib import Path

import pytest

import data.image_store
from data.errors import DataError, HostError
from data.image_store import ImageStore


def test_equal_bytes_are_stored_once_under_a_name_that_opens(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    assert store.put(b"pixels", "image/png") == store.put(b"pixels", "image/png")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.suffix for path in files] == [".png"]
    assert files[0].stem == hashlib.sha256(b"pixels").hexdigest()


def test_damage_is_found_when_reading(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    sha256 = store.put(b"pixels", "image/png")
    store.path(sha256, "image/png").write_bytes(b"pixel5")
    with pytest.raises(DataError, match="damaged"):
        store.read(sha256, "image/png")
    with pytest.raises(DataError, match="cannot be read"):
        store.read("0" * 64, "image/png")


def test_an_image_is_encoded_once_while_it_is_in_use(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    sha256 = store.put(b"pixels", "image/png")
    first = store.base64(sha256, "image/png")
    assert base64.b64decode(first) == b"pixels"
    assert store.base64(sha256, "image/png") is first


def test_encoded_images_are_bounded_in_memory(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    size = data.image_store.KEEP_ENCODED // 2
    for number in range(4):
        store.base64(store.put(bytes([number]) * size, "image/png"), "image/png")
    assert sum(map(len, store._encoded.values())) <= data.image_store.KEEP_ENCODED


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot be written"):
        ImageStore(tmp_path / "file").put(b"x", "image/png")
