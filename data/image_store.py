"""Images as sent, stored once by the sha256 of their bytes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import threading
import uuid
from collections import OrderedDict
from pathlib import Path

from data.errors import DataError, HostError
from data.records import Record

SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
KEEP_ENCODED = 64 * 2**20  # bytes of base64 text kept for calls in flight


class PreparedImage(Record):
    """An image as one endpoint sees it, and the original it came from.

    `change` names what a probe did to it (`tasks.prompts.changes.change_key`), empty for nothing.
    """

    source_sha256: str
    path: str
    limits: str
    change: str = ""
    sha256: str
    media_type: str
    width: int
    height: int
    bytes: int
    passed_through: bool
    encoder: str
    note: str | None = None


class ImageStore:
    """A folder of images by content, and the map from originals to what was sent for them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._encoded: OrderedDict[str, bytes] = OrderedDict()
        self._kept = 0

    def path(self, sha256: str, media_type: str) -> Path:
        """Where an image lies, with an ending that a person's viewer opens."""
        return self.root / sha256[:2] / f"{sha256}.{SUFFIX[media_type]}"

    def put(self, content: bytes, media_type: str) -> str:
        """Store bytes once and return their sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256, media_type)
        if not path.exists():
            self._write(path, content)
        return sha256

    def read(self, sha256: str, media_type: str) -> bytes:
        """The bytes of a stored image.

        Raises:
            DataError: it is missing, or damaged.
        """
        path = self.path(sha256, media_type)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"stored image {path.name!r} cannot be read: {error.strerror}"
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DataError(f"stored image {path.name!r} is damaged; delete it and plan again")
        return content

    def base64(self, sha256: str, media_type: str) -> bytes:
        """The image's bytes as base64 text, encoded once while calls use it."""
        with self._lock:
            if sha256 in self._encoded:
                self._encoded.move_to_end(sha256)
                return self._encoded[sha256]
        text = base64.b64encode(self.read(sha256, media_type))
        with self._lock:
            if sha256 not in self._encoded:
                self._encoded[sha256] = text
                self._kept += len(text)
            while self._kept > KEEP_ENCODED and len(self._encoded) > 1:
                self._kept -= len(self._encoded.popitem(last=False)[1])
        return text

    def recall(self, source_sha256: str, limits_hash: str) -> PreparedImage | None:
        """What was sent before for an original under the same limits, if it is still here.

        The encoder's version is recorded, not compared: an upgrade re-buys no answers.
        """
        try:
            text = self._map(source_sha256, limits_hash).read_text(encoding="utf-8")
            prepared = PreparedImage.model_validate_json(text)
            return prepared if self.path(prepared.sha256, prepared.media_type).exists() else None
        except (OSError, ValueError, KeyError):
            return None

    def remember(self, prepared: PreparedImage, limits_hash: str) -> None:
        """Note what is sent for an original under these limits."""
        text = prepared.model_dump_json()
        self._write(self._map(prepared.source_sha256, limits_hash), text.encode())

    def _map(self, source_sha256: str, limits_hash: str) -> Path:
        return self.root / "map" / source_sha256[:2] / f"{source_sha256}-{limits_hash}.json"

    def _write(self, path: Path, content: bytes) -> None:
        partial = path.with_name(f".{uuid.uuid4().hex}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise HostError(
                f"image store {str(self.root)!r} cannot be written: {error.strerror}; free space "
                "or make the folder writable, then `judgeflow resume`"
            ) from error
