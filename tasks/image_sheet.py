"""Contact sheets: what the probes of the image side make of a picture, side by side."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from data.datasets import load_dataset, sample_limit
from data.errors import DataError
from data.image_store import ImageStore
from data.layout import DatasetConfig
from data.make.canvas import FAINT, INK, bundled_font
from data.make.facts import FACTS, read_facts
from data.records import ImageRef, Response, Sample, Scale
from tasks.config import ProbeConfig
from tasks.images import prepare
from tasks.prices import ImageLimits
from tasks.probes.ablation import Ablation
from tasks.probes.kinds import Around
from tasks.probes.overlay import Overlay
from tasks.probes.perception import Perception
from tasks.probes.transforms import TRANSFORMS
from tasks.prompts.changes import OMITTED, ImageChange

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
ACROSS, GAP, LABEL = 6, 8, 30  # most pictures in a row; pixels between them and for their two lines
SAME = "= as it is"  # of a change that leaves this picture's bytes alone


class Shown(NamedTuple):
    """A cell of a sheet: its name, the picture it starts from, and what is done to it."""

    name: str
    image: ImageRef
    changes: tuple[ImageChange, ...] = ()


class Pictures(NamedTuple):
    """Where pictures lie and the cells of each of them."""

    root: Path
    blocks: list[list[Shown]]


def pictures(path: Path, most: int, only: str = "") -> Pictures:
    """The cells of at most `most` pictures of a dataset, of a folder of pictures, or of a file.

    Besides the picture as it is only those cells whose name has `only` in it.

    Raises:
        DataError: there is no picture, or no cell of that name, or the dataset cannot be read.
    """
    if (path / "dataset.yaml").is_file():
        loaded = load_dataset(DatasetConfig(path=str(path)), Path.cwd())
        facts = read_facts(path) if (path / FACTS).is_file() else {}
        around = Around(ProbeConfig(), loaded.scale, loaded.samples, facts)
        firsts = {sample.images[0].sha256: sample for sample in loaded.samples if sample.images}
        lowest = {s.images[0].sha256: s for s in loaded.samples if _worst(s, loaded.scale)}
        chosen = sample_limit(list({**firsts, **lowest}.values()), most)
        root = loaded.root
    else:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        chosen = [_alone(file) for file in files if file.suffix.lower() in ENDINGS]
        around = Around(ProbeConfig(), Scale(), chosen)
        root = path if path.is_dir() else path.parent
    if not chosen:
        raise DataError(f"{str(path)!r} is neither a dataset nor a picture nor a folder of them")
    blocks = [_cells(sample, around) for sample in chosen[:most]]
    kept = [[block[0], *(cell for cell in block[1:] if only in cell.name)] for block in blocks]
    if all(len(block) == 1 for block in kept):
        known = sorted({cell.name.partition("/")[0] for block in blocks for cell in block[1:]})
        raise DataError(f"no change is called {only!r}; known: {known!r}")
    return Pictures(root, [block for block in kept if len(block) > 1])


def sheet(found: Pictures, limits: ImageLimits, store: ImageStore, side: int) -> Image.Image:
    """All cells as they would be sent under `limits`, each fitted into `side` pixels.

    Raises:
        DataError: a picture cannot be used.
    """
    step = side + GAP, side * 3 // 4 + LABEL + GAP
    across = min(ACROSS, max(map(len, found.blocks)))
    rows = [-(-len(cells) // across) for cells in found.blocks]
    made = Image.new("RGB", (across * step[0] + GAP, sum(rows) * step[1] + GAP), "white")
    draw, done = ImageDraw.Draw(made), 0
    for cells, height in zip(found.blocks, rows, strict=True):
        sent = as_sent(cells, found.root, limits, store)
        for number, (cell, (picture, words)) in enumerate(zip(cells, sent, strict=True)):
            at = GAP + number % across * step[0], GAP + (done + number // across) * step[1]
            picture.thumbnail((side, side * 3 // 4))
            made.paste(picture, at)
            draw.rectangle(
                (at[0] - 1, at[1] - 1, at[0] + picture.width, at[1] + picture.height), outline=FAINT
            )
            below = at[1] + side * 3 // 4 + 2
            draw.text((at[0], below), cell.name, fill=INK, font=bundled_font(12))
            draw.text((at[0], below + 14), words, fill=FAINT, font=bundled_font(10))
        done += height
    return made


def as_sent(
    cells: Sequence[Shown], root: Path, limits: ImageLimits, store: ImageStore
) -> Iterator[tuple[Image.Image, str]]:
    """Each cell's picture as sent, and its size, bytes and format in words.

    The first cell is the picture as it is; one that sends the same bytes says that instead.

    Raises:
        DataError: a picture cannot be used.
    """
    plain = None
    for cell in cells:
        try:
            prepared = prepare(root / cell.image.path, cell.image.path, limits, store, cell.changes)
        except DataError as error:
            raise DataError(f"{cell.image.path!r}: {error}") from error
        content = store.read(prepared.sha256, prepared.media_type)
        kind = prepared.media_type.removeprefix("image/")
        words = f"{prepared.width} x {prepared.height}, {len(content) / 1000:.1f} kB {kind}"
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        yield picture, SAME if prepared.sha256 == plain else words
        plain = plain or prepared.sha256


def _cells(sample: Sample, around: Around) -> list[Shown]:
    return [
        Shown("as it is", sample.images[0]),
        *_varied(sample, around),
        *_edited(sample, around),
        *(Shown(name, sample.images[0], changes) for name, changes in TRANSFORMS.items()),
    ]


def _varied(sample: Sample, around: Around) -> Iterator[Shown]:
    """The variants of a sample whose first picture is sent and differs."""
    for probe in (Ablation(), Overlay()):
        for ask in probe.vary(sample, around):
            if any(change.do == OMITTED for change in ask.images):
                continue
            if ask.images:
                yield Shown(ask.variant, ask.sample.images[0], ask.images)
            elif ask.sample.images != sample.images:  # what follows the arm's name is its group
                yield Shown(ask.variant.partition("/")[0], ask.sample.images[0])


def _edited(sample: Sample, around: Around) -> Iterator[Shown]:
    """The edits after which the answer to a question of `perception` is another, each once."""
    first = next(s for s in around.samples if s.item_id == sample.item_id)
    edits = {}
    for ask in Perception().vary(first, around):
        for change in ask.images:
            edits[change] = ask.variant.partition("/")[0]
    for change, arm in edits.items():
        said = change.text.replace(" ", " > ") if change.do == "recolour" else change.text
        yield Shown(f"{arm}: {said}", sample.images[0], (change,))


def _worst(sample: Sample, scale: Scale) -> bool:
    """Whether a scored sample is labelled low, so that attacks speak for it."""
    labels = [label.verdict for label in sample.labels]
    return sample.mode == "score" and bool(sample.images) and labels == [str(scale.low)]


def _alone(path: Path) -> Sample:
    """A picture without an instruction of its own."""
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    return Sample(
        sample_id=f"pictures/score/{path.name}",
        item_id=path.name,
        cluster_id=sha256,
        mode="score",
        source=None,
        instruction="Describe this picture, its objects and their surroundings in a paragraph.",
        images=(ImageRef(path=path.name, sha256=sha256),),
        responses=(Response(author="nobody", text=""),),
    )


def packed(made: Image.Image) -> bytes:
    """A sheet as a small PNG of 256 colours."""
    buffer = io.BytesIO()
    made.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
