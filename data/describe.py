"""What is in a dataset: counts, labels, images, and shortcuts that need no judge at all."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from data.layout import LoadedDataset
from data.rankings import tied_groups
from data.records import MODES, TIE, Mode, Record, Sample


class ModeFacts(Record):
    """The samples of one mode. `labels` counts the first label of each sample.

    `first_wins` and `longer_wins` are shares among pairs with a winner (`longer_wins` among those
    of unequal length, in words); in a batch they are the share of samples whose label puts the
    first-stored or the longest response first. A share far from chance is a shortcut: a judge can
    agree with the labels without looking. `length_correlation` is Pearson's r of words and score.
    """

    samples: int
    labelled: int
    annotators: int
    labels: dict[str, int]
    responses: dict[int, int]
    first_wins: float | None = None
    longer_wins: float | None = None
    length_correlation: float | None = None


class ImageFacts(Record):
    """The distinct images. `unreadable` are files that no header could be read of."""

    distinct: int
    samples_without: int
    bytes: int
    formats: dict[str, int]
    median_side: float | None
    largest_side: int | None
    unreadable: int


class DatasetFacts(Record):
    """A dataset in numbers."""

    name: str
    rows: int
    rejected: int
    items: int
    clusters: int
    unclustered_samples: int
    sources: dict[str, int]
    modes: dict[str, ModeFacts]
    images: ImageFacts


def describe(loaded: LoadedDataset) -> DatasetFacts:
    """The facts of a loaded dataset; image headers are read, pixels are not."""
    samples = loaded.samples
    by_mode = {mode: [s for s in samples if s.mode == mode] for mode in MODES}
    return DatasetFacts(
        name=loaded.name,
        rows=loaded.rows,
        rejected=len(loaded.rejected),
        items=len({s.item_id for s in samples}),
        clusters=len({s.cluster_id for s in samples} - {None}),
        unclustered_samples=sum(s.cluster_id is None for s in samples),
        sources=_counted(s.source or "(none)" for s in samples),
        modes={mode: _mode(mode, some) for mode, some in by_mode.items() if some},
        images=_images(loaded),
    )


def _mode(mode: Mode, samples: Sequence[Sample]) -> ModeFacts:
    labelled = [s for s in samples if s.labels]
    first = longer = correlation = None
    if mode == "score":
        correlation = _correlation([s for s in labelled if s.responses])
    else:
        first, longer = _shortcuts(mode, [s for s in labelled if s.responses])
    return ModeFacts(
        samples=len(samples),
        labelled=len(labelled),
        annotators=max((len(s.labels) for s in samples), default=0),
        labels=_counted(s.labels[0].verdict for s in labelled),
        responses=dict(sorted(Counter(len(s.responses) for s in samples).items())),
        first_wins=first,
        longer_wins=longer,
        length_correlation=correlation,
    )


def _shortcuts(mode: Mode, samples: Sequence[Sample]) -> tuple[float | None, float | None]:
    first: list[bool] = []
    longer: list[bool] = []
    for sample in samples:
        label = sample.labels[0].verdict
        best = tied_groups(label)[0]
        if (mode == "pair" and best == TIE) or len(best) > 1:
            continue
        lengths = [_words(response.text) for response in sample.responses]
        first.append(best == "A")
        if lengths.count(max(lengths)) == 1:
            longer.append(ord(best) - ord("A") == lengths.index(max(lengths)))
    return _share(first), _share(longer)


def _correlation(samples: Sequence[Sample]) -> float | None:
    lengths = [float(_words(s.responses[0].text)) for s in samples]
    scores = [float(s.labels[0].verdict) for s in samples]
    if len(set(lengths)) < 2 or len(set(scores)) < 2:
        return None
    return round(statistics.correlation(lengths, scores), 4)


def _images(loaded: LoadedDataset) -> ImageFacts:
    paths = {image.sha256: image.path for s in loaded.samples for image in s.images}
    formats: Counter[str] = Counter()
    sides: list[int] = []
    size = unreadable = 0
    for path in paths.values():
        found = _header(loaded.root / path)
        if found is None:
            unreadable += 1
            continue
        kind, side, length = found
        formats[kind] += 1
        sides.append(side)
        size += length
    return ImageFacts(
        distinct=len(paths),
        samples_without=sum(not s.images for s in loaded.samples),
        bytes=size,
        formats=dict(sorted(formats.items())),
        median_side=statistics.median(sides) if sides else None,
        largest_side=max(sides, default=None),
        unreadable=unreadable,
    )


def _header(path: Path) -> tuple[str, int, int] | None:
    """Format, longer side in pixels and bytes of an image file."""
    try:
        with Image.open(path) as image:
            return str(image.format), max(image.size), path.stat().st_size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _words(text: str) -> int:
    return len(text.split())


def _share(flags: Sequence[bool]) -> float | None:
    return round(sum(flags) / len(flags), 4) if flags else None


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
