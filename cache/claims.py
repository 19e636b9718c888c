"""Single flight across the processes of a machine: one claim a request, held by the kernel.

A claim is a lock on one byte of a file beside the call cache, at a place that the request's key
names. It ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)  # Linux: of the open file, not the process
FILE = "claims"
_BUSY = {errno.EAGAIN, errno.EACCES}
_PLACES = 1 << 62


class FileClaims:
    """The claims of one engine on requests of the call cache in a folder.

    Where the system or the file system has no such locks, every claim is granted: processes that
    ask the same at the same moment then both pay.
    """

    def __init__(self, folder: Path) -> None:
        self._file: int | None = None
        if LOCK is not None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            with contextlib.suppress(OSError):  # the first answer stored says what is wrong
                self._file = os.open(folder / FILE, flags, 0o666)

    def take(self, key: str) -> bool:
        """Whether this engine may ask: no other process, and no other engine here, does."""
        return self._lock(key, fcntl.F_WRLCK)

    def let_go(self, key: str) -> None:
        """Let another ask."""
        self._lock(key, fcntl.F_UNLCK)

    def close(self) -> None:
        """Let go of everything."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lock(self, key: str, kind: int) -> bool:
        if self._file is None or LOCK is None:
            return True
        place = int(key[:16], 16) % _PLACES
        try:
            fcntl.fcntl(self._file, LOCK, struct.pack("hhqqi4x", kind, os.SEEK_SET, place, 1, 0))
        except OSError as error:
            return error.errno not in _BUSY
        return True
