"""Published benchmarks from the Hugging Face hub: resumable, pinned to a commit, all checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import DataError, HostError
from data.mllm_judge import LICENCE_NOTE
from data.row_rules import one_line


class Published(NamedTuple):
    """Where a benchmark is on the hub, which of its files are needed, and what to know."""

    repository: str
    patterns: tuple[str, ...]
    licence_note: str


PUBLISHED = {
    "mllm-judge": Published(
        "ONE-Lab/MLLM-as-a-Judge", ("README.md", "Benchmark/*", "image/*"), LICENCE_NOTE
    )
}


class Fetched(NamedTuple):
    """What is in the folder now."""

    repository: str
    commit: str
    files: int
    bytes: int
    licence: str
    licence_note: str


def fetch(name: str, folder: Path, revision: str | None = None) -> Fetched:
    """Bring a published benchmark into a folder; what is there already is not fetched again.

    The address is `HF_ENDPOINT` where it is set; `HF_TOKEN` is used where it is set. Every file is
    compared with the size and digest that the hub lists for the commit.

    Raises:
        DataError: the hub does not have it, or a file is not what the hub lists.
        HostError: the hub cannot be reached, or the folder cannot be written.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    wanted = PUBLISHED[name]
    endpoint, token = os.environ.get("HF_ENDPOINT"), os.environ.get("HF_TOKEN")
    try:
        api = HfApi(endpoint=endpoint, token=token or False)
        info = api.dataset_info(wanted.repository, revision=revision, files_metadata=True)
        snapshot_download(
            wanted.repository,
            repo_type="dataset",
            revision=info.sha,
            local_dir=folder,
            endpoint=endpoint,
            token=token or False,
            allow_patterns=list(wanted.patterns),
        )
    except RepositoryNotFoundError as error:
        raise DataError(f"the hub has no data set {wanted.repository!r}") from error
    except (HfHubHTTPError, HTTPError, ConnectionError) as error:
        said = one_line(str(error)) or type(error).__name__
        raise HostError(f"the hub cannot be reached or refused: {said}; run it again") from error
    except OSError as error:
        raise HostError(f"folder {str(folder)!r} cannot be written: {error.strerror}") from error
    chosen = [each for each in info.siblings or () if _matches(each.rfilename, wanted.patterns)]
    if not chosen:
        raise DataError(f"data set {wanted.repository!r} has none of {list(wanted.patterns)!r}")
    size = sum(_check(folder, each) for each in chosen)
    card: Any = info.card_data
    licence = str(getattr(card, "license", None) or "not stated")
    return Fetched(
        wanted.repository, str(info.sha), len(chosen), size, licence, wanted.licence_note
    )


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(
        path == pattern or (pattern.endswith("/*") and path.startswith(pattern[:-1]))
        for pattern in patterns
    )


def _check(folder: Path, listed: Any) -> int:
    """A file's size, if it is byte for byte what the hub lists.

    Raises:
        DataError: it is not; it is removed, so that the next try fetches it again.
    """
    path = folder / listed.rfilename
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"the hub lists a file outside the folder: {listed.rfilename!r:.80}")
    content = path.read_bytes()
    if listed.lfs is not None:
        known, found = listed.lfs.sha256, hashlib.sha256(content).hexdigest()
    else:
        header = b"blob %d\0" % len(content)
        digest = hashlib.sha1(header + content, usedforsecurity=False)  # as git names a file
        known, found = listed.blob_id, digest.hexdigest()
    if known != found:
        path.unlink()
        raise DataError(f"{listed.rfilename!r} is not what the hub lists; it is removed, try again")
    return len(content)
