"""Subsets by how judges fared: HQ, which they got right together, and HARD, which they did not.

The published subsets' rule is not known; this one is stated, and its numbers are parameters:

* HQ: at least `judges` judges answered readably and at least `share` of them agree with the label;
* HARD: at least `judges` judges were asked and less than 1 - `share` of them agree with it.

Agreement: a score at most `within` points away, the same choice, the same first response. A subset
chosen by judges' verdicts must not be used to score those judges without saying so.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
import yaml

from data.errors import DataError, HostError
from data.made_judges import NOBODY
from data.rankings import tied_groups
from data.records import READABLE

Kind = Literal["hq", "hard"]


def select(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    kind: Kind,
    *,
    judges: int = 3,
    share: float = 0.8,
    within: float = 0.0,
) -> list[str]:
    """The ids of the samples of a subset, in the order of the table.

    Args:
        samples: columns of `data.schemas.SAMPLES`.
        verdicts: columns of `data.schemas.VERDICTS`; only judges' own base rows count, each judge
            once per setting and repeat.
        kind: `hq` or `hard`.
        judges: verdicts that a sample must have.
        share: of its verdicts.
        within: points that a score may be off.

    Raises:
        DataError: no sample has so many verdicts.
    """
    base = verdicts.filter(
        pl.col("probe").is_null()
        & (pl.col("variant") == "base")
        & ~pl.col("judge").str.contains(NOBODY)
        & (pl.col("status") != "open")
    )
    given: dict[str, list[str | None]] = {}
    rows = base.select("sample_id", "status", "verdict").iter_rows()
    for sample_id, status, verdict in rows:
        given.setdefault(sample_id, []).append(verdict if status in READABLE else None)
    if not any(len(said) >= judges for said in given.values()):
        raise DataError(f"no sample has {judges} verdicts; lower --judges or judge more")
    return [
        sample["sample_id"]
        for sample in samples.iter_rows(named=True)
        if sample["labels"]
        and _belongs(kind, sample, given.get(sample["sample_id"], ()), judges, share, within)
    ]


def _belongs(
    kind: Kind,
    sample: Mapping[str, Any],
    said: Sequence[str | None],
    judges: int,
    share: float,
    within: float,
) -> bool:
    readable = [verdict for verdict in said if verdict is not None]
    right = sum(_agrees(sample, verdict, within) for verdict in readable)
    if kind == "hq":
        return len(readable) >= judges and right >= share * len(readable)
    return len(said) >= judges and right < (1 - share) * len(said)


def _agrees(sample: Mapping[str, Any], verdict: str, within: float) -> bool:
    label = sample["labels"][0]["verdict"]
    if sample["mode"] == "score":
        return abs(float(verdict) - float(label)) <= within + 1e-9
    return bool(
        verdict == label if sample["mode"] == "pair" else verdict[0] in tied_groups(label)[0]
    )


def write_subset(
    folder: Path,
    samples: Sequence[Mapping[str, Any]],
    root: Path,
    card: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
) -> None:
    """Write samples as a data set of judgeflow's own format, with copies of their images.

    `files` are further text files by name; the folder appears whole or not at all.

    Raises:
        DataError: the folder is not empty, the samples have no texts, or an image is gone.
        HostError: the folder cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"folder {str(folder)!r} is not empty")
    if not all(sample["instruction"] and sample["responses"] for sample in samples):
        raise DataError("the samples have no texts: a table of recorded verdicts has no subset")
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.partial")
    try:
        draft.mkdir(parents=True)
        for path in sorted({image["path"] for sample in samples for image in sample["images"]}):
            original = root / path
            if not original.resolve().is_relative_to(root.resolve()) or not original.is_file():
                raise DataError(f"image {path!r} is not in {str(root)!r}")
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, draft / path)
        lines = (json.dumps(_line(sample), ensure_ascii=False) for sample in samples)
        (draft / "samples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        text = yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True)
        for name, content in {"dataset.yaml": text, **(files or {})}.items():
            (draft / name).write_text(content, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except OSError as error:
        raise HostError(f"folder {str(folder)!r} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _line(sample: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": sample["sample_id"].split("/", 2)[2],
        "item_id": sample["item_id"],
        "mode": sample["mode"],
        "source": sample["source"],
        "instruction": sample["instruction"],
        "images": [image["path"] for image in sample["images"]],
        "responses": sample["responses"],
        "labels": sample["labels"],
    }
