"""Probes on the command line: which there are, and exactly what one would ask."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import DataError, HostError
from data.image_store import SUFFIX, ImageStore
from flows.opening import PRICES, configured
from flows.terminal import say, show, table
from tasks.config import ProbeConfig
from tasks.probes import PROBES
from tasks.probes.kinds import Follows
from tasks.stages import prepare, showing
from tasks.stages.context import context


def print_probes(as_json: bool) -> None:
    """Every probe, the modes it asks in, and what it is in a sentence."""
    rows = [
        {
            "probe": name,
            "modes": ", ".join(probe.modes),
            "what it asks": _about(name),
        }
        for name, probe in sorted(PROBES.items())
    ]
    show(rows, as_json, lambda rows: table(rows, ["probe", "modes", "what it asks"]))


def _about(name: str) -> str:
    """The first sentence of a probe's module, without its name."""
    module = importlib.import_module(f"tasks.probes.{name.replace('-', '_')}")
    first = " ".join((module.__doc__ or "").split("\n\n")[0].split())
    return first.partition(": ")[2] or first


def show_probe(
    config: Path,
    overrides: Sequence[str],
    asked: tuple[str, str, str | None],
    answers: Sequence[Path],
    to: Path | None,
    as_json: bool,
) -> None:
    """Print what a probe asks about a sample; `asked` is (probe, sample, judge), images go `to`.

    `answers` are files with answers to what it asks, for what it asks the verifier about them.
    """
    probe, sample, judge = asked
    texts = [_read(path) for path in answers]
    loaded = configured(config, overrides)
    only = {probe: loaded.probes.get(probe, ProbeConfig())} if probe in PROBES else {}
    loaded = loaded.model_copy(update={"probes": only})
    with tempfile.TemporaryDirectory(prefix="judgeflow-show-") as folder:
        run = prepare.create_run(loaded, config.resolve().parent, PRICES, Path(folder) / "show")
        here = context(run.path)
        prepare.load_samples(here)
        found = showing.questions(here, probe, sample, judge, texts)
        store = ImageStore(here.config.image_folder)
        files = {} if to is None else _written(found, store, to)
    if isinstance(PROBES[probe], Follows) and loaded.verifier is None:
        say(f"probe {probe!r} asks nothing in round 3: no `verifier` is configured")
    rows = [showing.told(one) for one in found]
    for row in rows:
        for image in row["images"]:
            image["file"] = files.get(image["sha256"])
    show(rows, as_json, lambda rows: "\n\n".join(map(_text, rows)))


def _read(path: Path) -> str:
    """An answer's text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataError(f"answer {str(path)!r} cannot be read: {why}") from error


def _written(found: Sequence[showing.Shown], store: ImageStore, to: Path) -> dict[str, str]:
    """The questions' images as files named by their sha256."""
    files = {}
    try:
        to.mkdir(parents=True, exist_ok=True)
        for image in {image.sha256: image for one in found for image in one.images}.values():
            path = to / f"{image.sha256[:16]}.{SUFFIX[image.media_type]}"
            path.write_bytes(store.read(image.sha256, image.media_type))
            files[image.sha256] = str(path)
    except OSError as error:
        raise HostError(f"images cannot be written to {str(to)!r}: {error.strerror}") from error
    return files


def _text(row: dict[str, Any]) -> str:
    """What a person needs: what is asked, of whom, with which pictures, and what was changed."""
    times = len(row["repeats"])
    asked = {"ask": "a question about the picture"}.get(row["mode"], f"mode {row['mode']}")
    head = f"== {row['variant']}: {asked}, {times} {'request' if times == 1 else 'requests'} of "
    whom = "the verifier" if row["round"] == 3 else "judge"
    head += f"{whom} {row['judge']!r} ({row['model']})"
    images = [
        f"image: {image['of']}, {image['words']}"
        + (f" -> {image['file']}" if image["file"] else "")
        for image in row["images"]
    ]
    changes = [f"changed: {words}" for words in row["changed"]]
    return "\n".join([head, *changes, *(images or ["no image"]), "--", row["prompt"]])
