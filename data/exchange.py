"""Files that hosts without a common file system hand each other: a place that fsspec reaches."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from data.errors import ConfigError, HostError

AT_ONCE = 16  # transfers: each waits for a network
RENAMED = {"file", "local", "sftp", "ssh", "smb"}  # where a file grows while it is written


def checked_share(url: str) -> str:
    """The address, if a configuration or a run folder may hold it.

    Raises:
        ConfigError: it holds a password or an option, which is not repeated.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query:
        raise ConfigError(
            f"the address of a {parts.scheme!r} share holds a user, a password or an option; "
            "leave them to the environment that its library reads"
        )
    return url


class Exchange:
    """The files of one run at a place, by name; a file is written whole.

    Args:
        url: of the place, in any scheme of fsspec: `s3://bucket/folder`, `sftp://host/folder` …
        run: a name that no other run has.

    Raises:
        ConfigError: the scheme is unknown, or its library is not installed.
    """

    def __init__(self, url: str, run: str) -> None:
        import fsspec

        self._url, self._run = checked_share(url).rstrip("/"), run
        try:
            self._files: Any = fsspec.core.url_to_fs(self._url)[0]
        except ImportError as error:
            raise ConfigError(f"share {self._url!r} needs a library: {error}") from error
        except ValueError as error:
            raise ConfigError(f"share {self._url!r} is not an address: {error}") from error
        except Exception as error:  # some libraries connect here
            raise self._unusable(error) from error

    def put(self, files: Mapping[str, bytes]) -> None:
        """Store files by name, several at once; each appears whole."""
        for folder in sorted({self._path(name).rsplit("/", 1)[0] for name in files}):
            self._told(lambda at=folder: self._files.makedirs(at, exist_ok=True))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for _ in threads.map(self._put, files.items()):
                pass

    def get(self, name: str) -> bytes:
        """The contents of a file.

        Raises:
            HostError: it is not there, or the place cannot be reached.
        """
        found: bytes = self._told(lambda: self._files.cat_file(self._path(name)))
        return found

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where it does not exist."""

        def listed() -> list[str]:
            self._files.invalidate_cache()
            path = self._path(folder)
            try:
                every: list[str] = self._files.ls(path, detail=False)
            except FileNotFoundError:
                return []
            names = (found.rstrip("/").rsplit("/", 1)[-1] for found in every)
            return [name for name in names if not name.startswith(".")]  # of one being written

        return sorted(self._told(listed))

    def clear(self) -> None:
        """Remove all files of the run."""
        self._told(lambda: self._files.rm(self._path(""), recursive=True))

    def _put(self, item: tuple[str, bytes]) -> None:
        name, content = item
        path = self._path(name)

        def stored() -> None:
            if not RENAMED.isdisjoint(_protocols(self._files)):
                partial = f"{path.rsplit('/', 1)[0]}/.{uuid.uuid4().hex}"
                self._files.pipe_file(partial, content)
                self._files.mv(partial, path)
            else:  # an object store shows nothing before all is there
                self._files.pipe_file(path, content)

        self._told(stored)

    def _path(self, name: str) -> str:
        stripped: str = self._files._strip_protocol(f"{self._url}/{self._run}/{name}".rstrip("/"))
        return stripped

    def _told(self, work: Any) -> Any:
        """What `work` returns; whatever a library raises becomes one line."""
        try:
            return work()
        except Exception as error:  # each library has exceptions of its own
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> HostError:
        said = " ".join(str(error).split())[:120]
        return HostError(
            f"share {self._url!r} cannot be used: {type(error).__name__} {said}".rstrip()
        )


def _protocols(files: Any) -> set[str]:
    known = files.protocol
    return {known} if isinstance(known, str) else set(known)
