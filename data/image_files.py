"""The image files of a dataset: found inside its root only, hashed once each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from data.records import ImageRef
from data.row_rules import BadRowError


class ImageFolder:
    """Image references of one dataset.

    Args:
        root: the dataset's root; nothing outside it is ever opened.
        folders: where under the root to look, in this order.
    """

    def __init__(self, root: Path, folders: tuple[str, ...] = ("",)) -> None:
        self._root = root.resolve()
        self._folders = folders
        self._known: dict[str, ImageRef | str] = {}

    def find(self, name: str) -> ImageRef:
        """The image a row calls `name`: its path relative to the root and the file's sha256.

        Raises:
            BadRowError: the path leaves the root, or no such file can be read.
        """
        if name not in self._known:
            try:
                self._known[name] = self._look_up(name)
            except BadRowError as error:
                self._known[name] = str(error)
        found = self._known[name]
        if isinstance(found, str):
            raise BadRowError(found)
        return found

    def _look_up(self, name: str) -> ImageRef:
        path = PurePosixPath(name)
        if not name.strip() or path.is_absolute() or ".." in path.parts:
            raise BadRowError(f"image path must stay inside the dataset, got {name!r:.120}")
        for candidate in self._candidates(path):
            try:
                real = (self._root / candidate).resolve()
                if not real.is_relative_to(self._root):
                    raise BadRowError(f"image {name!r:.120} leads out of the dataset")
                if real.is_file():
                    with real.open("rb") as file:
                        digest = hashlib.file_digest(file, "sha256").hexdigest()
                    return ImageRef(path=candidate.as_posix(), sha256=digest)
            except (OSError, ValueError, RuntimeError) as error:
                raise BadRowError(f"image {name!r:.120} cannot be read: {_cause(error)}") from error
        raise BadRowError(f"image {name!r:.120} does not exist")

    def _candidates(self, path: PurePosixPath) -> Iterator[PurePosixPath]:
        """`path` under each folder; a path that names one of the folders also fits the others."""
        for folder in self._folders:
            yield folder / path
        if len(path.parts) == 2 and path.parts[0] in self._folders:
            for folder in self._folders:
                yield folder / PurePosixPath(path.name)


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
