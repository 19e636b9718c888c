"""Baselines: what agreement is worth that needs no judge at all.

They are pure functions of labels and texts, so they cost nothing and stand beside every judge:

* `baseline:constant`: the most frequent label of the mode, always;
* `baseline:random`: a draw from the labels' own frequencies, fixed by seed and sample;
* `baseline:always-tie`: a tie for every pair;
* `baseline:longer`: longer is better (a score at the same quantile as the length);
* `baseline:responder`: who wrote it, from labels of *other* images: the mean score of the
  responder in that source to one decimal, the responder with the better record, the fixed order
  of records.

Labels of several annotators are combined as the measures combine them.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from data.rankings import letters_of, places
from data.records import LETTERS, TIE, Mode
from data.schemas import VERDICTS
from tasks.measures.labels import combined_choice, combined_score, label_verdicts

PREFIX = "baseline:"
COPIED = ("sample_id", "item_id", "cluster_id", "mode", "source")
STATUS: dict[Mode, str] = {"score": "scored", "pair": "chosen", "batch": "ranked"}
Row = Mapping[str, Any]
Guess = Callable[[Row], str | None]


def baseline_verdicts(samples: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Verdict rows of every baseline on every labelled sample it can say something about."""
    frames = [pl.DataFrame(schema=VERDICTS)]
    for mode in STATUS:
        labelled = samples.filter((pl.col("mode") == mode) & (pl.col("labels").list.len() > 0))
        rows = labelled.select(*COPIED, "labels", "responses").rows(named=True)
        if rows:
            for name, guess in _guesses(mode, rows, seed):
                frames.append(_verdicts(name, mode, labelled, [guess(row) for row in rows]))
    return pl.concat(frames)


def _guesses(mode: Mode, labelled: Sequence[Row], seed: int) -> Iterator[tuple[str, Guess]]:
    labels = [_label(mode, row) for row in labelled]
    said = [letters_of(label) for label in labels] if mode == "batch" else labels
    most = min(Counter(said).items(), key=lambda item: (-item[1], item[0]))[0]
    yield "constant", lambda row: most if mode != "batch" or len(most) == _size(row) else None
    yield "random", lambda row: _random(mode, row, labels, seed)
    if mode == "pair":
        yield "always-tie", lambda _: TIE
    complete = all(row["responses"] for row in labelled)
    if complete and all(each["text"] for row in labelled for each in row["responses"]):
        yield "longer", _longer(mode, labelled, labels)
    if complete and all(each["author"] for row in labelled for each in row["responses"]):
        yield "responder", _responder(mode, labelled)


def _verdicts(
    name: str, mode: Mode, labelled: pl.DataFrame, said: Sequence[str | None]
) -> pl.DataFrame:
    """Verdict rows of a baseline that said so much about the labelled samples."""
    verdict = pl.Series("verdict", said, dtype=pl.String)
    nothing = verdict.is_null()
    told: dict[str, pl.Expr | pl.Series] = {
        "judge": pl.lit(PREFIX + name),
        "setting": pl.lit("baseline"),
        "variant": pl.lit("base"),
        "repeat": pl.lit(0, dtype=pl.Int64),
        "epoch": pl.lit("base"),
        "status": pl.when(nothing).then(pl.lit("unparsed")).otherwise(pl.lit(STATUS[mode])),
        "verdict": verdict,
        "reason": pl.when(nothing).then(pl.lit("nothing to go by")),
    }
    rest: dict[str, pl.Expr | pl.Series] = {
        column: pl.lit(None, dtype=kind)
        for column, kind in VERDICTS.items()
        if column not in told and column not in COPIED
    }
    return labelled.select(COPIED).with_columns(**told, **rest).select(list(VERDICTS))


def _label(mode: Mode, row: Row) -> str:
    given = label_verdicts(row)
    if mode == "score":
        return f"{combined_score(given):g}"
    return combined_choice(given) if mode == "pair" else given[0]


def _size(row: Row) -> int:
    return len(letters_of(label_verdicts(row)[0]))


def _random(mode: Mode, row: Row, labels: Sequence[str], seed: int) -> str:
    digest = hashlib.sha256(f"{seed}:{row['sample_id']}".encode()).digest()
    draw = random.Random(int.from_bytes(digest[:8]))
    if mode != "batch":
        return draw.choice(labels)
    letters = list(LETTERS[: _size(row)])
    draw.shuffle(letters)
    return "".join(letters)


def _longer(mode: Mode, labelled: Sequence[Row], labels: Sequence[str]) -> Guess:
    def lengths(row: Row) -> list[int]:
        return [len(response["text"]) for response in row["responses"]]

    if mode == "pair":

        def choose(row: Row) -> str:
            first, second = lengths(row)
            return TIE if first == second else "A" if first > second else "B"

        return choose
    if mode == "batch":
        return lambda row: _ordered([-length for length in lengths(row)])
    known = sorted(lengths(row)[0] for row in labelled)
    scores = sorted(labels, key=float)
    quantile = {length: scores[place] for place, length in enumerate(known)}
    return lambda row: quantile[lengths(row)[0]]


def _responder(mode: Mode, labelled: Sequence[Row]) -> Guess:
    records = _Records(mode, labelled)
    if mode == "score":
        return records.score
    return records.choice if mode == "pair" else records.ranking


class _Records:
    """What each responder earned, with any one image left out."""

    def __init__(self, mode: Mode, labelled: Sequence[Row]) -> None:
        self._sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for row in labelled:
            for author, points in _earned(mode, row):
                for key in _keys(row, author):
                    for place in (key, (*key, _image(row))):
                        self._sums[place][0] += points
                        self._sums[place][1] += 1

    def mean(self, row: Row, author: str) -> float | None:
        """Mean points on other images: in the source, else anywhere; `None` if there are none."""
        for key in _keys(row, author):
            total, count = self._sums.get(key, (0.0, 0.0))
            own_total, own_count = self._sums.get((*key, _image(row)), (0.0, 0.0))
            if count > own_count:
                return (total - own_total) / (count - own_count)
        return None

    def score(self, row: Row) -> str | None:
        """The responder's mean score, to one decimal."""
        mean = self.mean(row, row["responses"][0]["author"])
        return None if mean is None else f"{mean:.1f}".removesuffix(".0")

    def choice(self, row: Row) -> str | None:
        """The response of the responder with the better record."""
        first, second = (self.mean(row, response["author"]) for response in row["responses"])
        if first is None or second is None:
            return None
        return TIE if abs(first - second) < 1e-12 else "A" if first > second else "B"

    def ranking(self, row: Row) -> str | None:
        """The responses by their responders' records."""
        means = [self.mean(row, response["author"]) for response in row["responses"]]
        known = [mean for mean in means if mean is not None]
        return _ordered([-mean for mean in known]) if len(known) == len(means) else None


def _earned(mode: Mode, row: Row) -> list[tuple[str, float]]:
    authors = [response["author"] for response in row["responses"]]
    label = _label(mode, row)
    if mode == "score":
        return [(authors[0], float(label))]
    if mode == "pair":
        points = {"A": (1.0, 0.0), "B": (0.0, 1.0), TIE: (0.5, 0.5)}[label]
        return list(zip(authors, points, strict=True))
    place = places(label)
    return [(authors[LETTERS.index(x)], len(place) - at) for x, at in place.items()]


def _keys(row: Row, author: str) -> tuple[tuple[str, ...], ...]:
    return (("source", row["source"] or "", author), ("anywhere", author))


def _image(row: Row) -> str:
    return str(row["cluster_id"] or row["item_id"])


def _ordered(costs: Sequence[float]) -> str:
    """Letters by rising cost; equal ones in own order."""
    return "".join(LETTERS[i] for i in sorted(range(len(costs)), key=lambda i: (costs[i], i)))
