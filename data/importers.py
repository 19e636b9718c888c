"""Result files of other harnesses as verdict tables: one row a judgement.

Each yields `sample`, `judge`, `repeat`, `verdict` (the judge's answer as it stands; our parser
reads it), `label` where the file has one, and what it says of `source`, `cluster`, `responder`.

* `inspect`: logs of inspect_ai, `.json` or `.eval`; the label is the target, an epoch a repeat;
* `promptfoo`: JSON output; sample, label, source, cluster and responder are read from the test's
  variables and metadata of these names, the sample falls back to the test's number;
* `lmms-eval`: sample logs, JSON lines; the judge is the file's name;
* `vlmevalkit`: prediction tables, CSV, TSV or JSON lines with `index`, `answer`, `prediction`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from data.errors import DataError
from data.row_reading import read_table

EXTRA = ("source", "cluster", "responder")
Rows = Iterator[dict[str, Any]]


def imported(path: Path, harness: str) -> list[dict[str, Any]]:
    """The rows of a result file.

    Raises:
        DataError: the file cannot be read, or is not of this harness.
    """
    try:
        rows = list(IMPORTERS[harness](path))
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"{str(path)!r} cannot be read as {harness}: {error}") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        what = f"{type(error).__name__} {error}"
        raise DataError(f"{str(path)!r} is no result file of {harness}: {what:.80}") from error
    if not rows:
        raise DataError(f"{str(path)!r} has no judgement")
    return rows


def _inspect(path: Path) -> Rows:
    for header, sample in _inspect_samples(path):
        target = sample.get("target")
        meta = sample.get("metadata") or {}
        output = sample.get("output") or {}
        yield {
            "sample": str(sample["id"]),
            "judge": str(header["eval"]["model"]),
            "repeat": int(sample.get("epoch", 1)),
            "verdict": None if sample.get("error") else output.get("completion"),
            "label": _text(target[0] if isinstance(target, list) and target else target),
            **_extra(meta),
        }


def _inspect_samples(path: Path) -> Iterator[tuple[Any, Any]]:
    if path.suffix != ".eval":
        log = json.loads(path.read_bytes())
        yield from ((log, sample) for sample in log["samples"] or ())
        return
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
        for name in archive.namelist():
            if name.startswith("samples/") and name.endswith(".json"):
                yield header, json.loads(archive.read(name))


def _promptfoo(path: Path) -> Rows:
    found = json.loads(path.read_bytes())["results"]
    seen: dict[tuple[str, str], int] = {}
    for row in found["results"] if isinstance(found, dict) else found:
        test = row.get("testCase") or {}
        known = {**(test.get("metadata") or {}), **(row.get("vars") or test.get("vars") or {})}
        sample = str(known.get("sample", known.get("id", row.get("testIdx"))))
        provider = row["provider"]
        judge = provider["id"] if isinstance(provider, Mapping) else str(provider)
        repeat = seen[sample, judge] = seen.get((sample, judge), -1) + 1
        output = (row.get("response") or {}).get("output")
        yield {
            "sample": sample,
            "judge": judge,
            "repeat": repeat,
            "verdict": output if isinstance(output, str | None) else json.dumps(output),
            "label": _text(known.get("label")),
            **_extra(known),
        }


def _lmms_eval(path: Path) -> Rows:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                row = json.loads(line)
                answers = row.get("filtered_resps") or row["resps"]
                first = answers[0]
                yield {
                    "sample": str(row["doc_id"]),
                    "judge": path.stem,
                    "repeat": 0,
                    "verdict": str(first[0] if isinstance(first, list) else first),
                    "label": _text(row.get("target")),
                    **_extra(row.get("doc") or {}),
                }


def _vlmevalkit(path: Path) -> Rows:
    if path.suffix in {".xlsx", ".pkl"}:
        raise DataError(f"{str(path)!r}: save it as TSV; {path.suffix} files are not read")
    for row in read_table(path):
        if row.problem:
            raise DataError(f"{row.file}:{row.line}: {row.problem}")
        yield {
            "sample": str(row.values["index"]),
            "judge": path.stem,
            "repeat": 0,
            "verdict": _text(row.values["prediction"]),
            "label": _text(row.values["answer"]),
            **_extra(row.values),
        }


def _extra(known: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(known[name]) for name in EXTRA if known.get(name) is not None}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


IMPORTERS: dict[str, Callable[[Path], Rows]] = {
    "inspect": _inspect,
    "promptfoo": _promptfoo,
    "lmms-eval": _lmms_eval,
    "vlmevalkit": _vlmevalkit,
}
