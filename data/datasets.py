"""Loading a dataset: which loader reads it, and how many bad rows are too many."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data.errors import DataError
from data.layout import DatasetConfig, LoadedDataset
from data.mllm_judge import load_mllm_judge
from data.own_format import load_own_format
from data.recorded_table import load_recorded_table
from data.recorded_verdicts import read_probabilities, read_verdicts
from data.records import Sample

__all__ = [
    "LoadedDataset",
    "load_dataset",
    "read_probabilities",
    "read_verdicts",
    "sample_limit",
    "tolerated",
]

LOADERS: Mapping[str, Callable[[DatasetConfig, Path], LoadedDataset]] = {
    "judgeflow": load_own_format,
    "mllm-judge": load_mllm_judge,
    "table": load_recorded_table,
}


def load_dataset(config: DatasetConfig, base: Path) -> LoadedDataset:
    """The dataset's samples and its rejected rows.

    Args:
        config: where it is, its format and its rule for bad rows.
        base: the folder that relative paths of the configuration start from.

    Raises:
        DataError: it cannot be read, has no samples, or has more bad rows than it may.
    """
    loaded = LOADERS[config.format](config, base)
    if loaded.rejected and not tolerated(config, len(loaded.rejected), loaded.rows):
        raise DataError(_too_many(config, loaded))
    if not loaded.samples:
        raise DataError(f"dataset {loaded.name!r} has no samples in {str(base / config.path)!r}")
    return loaded


def tolerated(config: DatasetConfig, bad: int, of: int) -> bool:
    """Whether `bad` of `of` rows may be set aside: fewer than the share the config allows.

    The share is divided out, because 0.01 * 700 is more than 7 in binary.
    """
    return config.on_bad_rows == "set-aside" and bad / max(of, 1) < config.max_bad_share


def sample_limit(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """At most `limit` samples, spread over modes and sources in proportion to their sizes.

    The choice depends on the samples alone, not on their order, and a smaller limit chooses a
    subset of what a larger one does, so that raising it re-uses every answer. Seats go to the
    strata by the Huntington–Hill rule (the k-th further seat of a stratum of n has priority
    n / sqrt(k (k + 1)), the first is infinite), hence each stratum has one before any has two.
    Within a stratum samples come in the order of the sha256 of their ids.

    Returns:
        The chosen samples in their given order.
    """
    strata: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for index, sample in enumerate(samples):
        digest = hashlib.sha256(sample.sample_id.encode()).hexdigest()
        strata[sample.mode, sample.source or ""].append((digest, index))
    seats = [
        (-_priority(len(members), rank), -len(members), stratum, index)
        for stratum, members in strata.items()
        for rank, (_, index) in enumerate(sorted(members))
    ]
    chosen = sorted(index for *_, index in sorted(seats)[: max(limit, 0)])
    return [samples[index] for index in chosen]


def _priority(size: int, rank: int) -> float:
    return size / math.sqrt(rank * (rank + 1)) if rank else math.inf


def _too_many(config: DatasetConfig, loaded: LoadedDataset) -> str:
    first = loaded.rejected[:3]
    places = "; ".join(f"{row.file}:{row.line}: {row.reason}" for row in first)
    more = len(loaded.rejected) - len(first)
    rule = f"only fewer than {config.max_bad_share:.2%} are set aside"
    if config.on_bad_rows == "fail":
        rule = "on_bad_rows is 'fail'"
    return (
        f"dataset {loaded.name!r}: {len(loaded.rejected)} of {loaded.rows} rows are bad, {rule}: "
        f"{places}{f' (+{more} more)' if more else ''}; "
        "mend them or change dataset.on_bad_rows and dataset.max_bad_share"
    )
