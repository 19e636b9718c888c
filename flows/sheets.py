"""Writing contact sheets of changed pictures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from data.errors import HostError
from data.image_store import ImageStore
from flows.opening import PRICES
from flows.terminal import show
from tasks.image_sheet import packed, pictures, sheet
from tasks.prices import load_price_list

LIMITS = "openai"  # of the price list: the widest, so that changes alone are seen


def print_sheet(path: Path, file: Path, sizes: tuple[int, int], only: str, as_json: bool) -> None:
    """Write a sheet of `sizes` (pictures, pixels of each) and say so."""
    show(
        write_sheet(path, file, *sizes, only),
        as_json,
        lambda found: "{cells} cells of {pictures} pictures in {file}".format(**found),
    )


def write_sheet(path: Path, file: Path, most: int, side: int, only: str = "") -> dict[str, Any]:
    """Draw the sheet of a dataset or of pictures into a file; changes with `only` in their names.

    Raises:
        DataError: there is nothing to draw, or a picture cannot be used.
        HostError: the file cannot be written.
    """
    found = pictures(path, most, only)
    with tempfile.TemporaryDirectory() as folder:
        limits = load_price_list(PRICES).limits_of(LIMITS)
        made = sheet(found, limits, ImageStore(Path(folder)), side)
    try:
        file.write_bytes(packed(made))
    except OSError as error:
        raise HostError(f"{str(file)!r} cannot be written: {error.strerror}") from error
    cells = sum(map(len, found.blocks))
    return {"pictures": len(found.blocks), "cells": cells, "file": str(file)}
