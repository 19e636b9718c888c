"""Agreement beyond source and responder: judge and human compared among alike responses.

A judge that only knows which model wrote a response agrees with humans, because some models are
better. Within a *cell* (source and responder, or source and responders of a pair or a batch) that
knowledge is worth nothing, so what agreement is left was seen in the response. Chance agreement is
that of the judge's and the human's verdicts shuffled within cells; it includes each sample's own
pair, so small cells pull the figure towards zero, by about one part in the samples of a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from data.rankings import places
from data.records import LETTERS
from tasks.measures.evidence import NOTHING, Answers, Evidence, label_scores, marks, said_scores
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, label_verdicts
from tasks.measures.memo import remembered

Row = Mapping[str, Any]
TURNED = {"A": "B", "B": "A", "C": "C"}


def _authors(sample: Row) -> tuple[str, ...]:
    return tuple(response["author"] for response in sample["responses"] or ())


@remembered
def _known(samples: Sequence[Row]) -> bool:
    """Whether every response's author is known, and some cell has more than one sample."""
    named = [_authors(sample) for sample in samples]
    return all(who and all(who) for who in named) and len(set(named)) < len(named)


@remembered
def _keys(samples: Sequence[Row]) -> tuple[list[tuple[str, ...]], dict[tuple[str, ...], int]]:
    """The cell of each sample by name, and the number of every cell."""
    keys = [(sample["source"] or "", *sorted(_authors(sample))) for sample in samples]
    return keys, {key: number for number, key in enumerate(sorted(set(keys)))}


def _evidence(
    samples: Sequence[Row], answers: Answers, features: Sequence[Sequence[float]], shared: int
) -> Evidence:
    """Sums by cell: the first `shared` columns are common, the others are the cell's own."""
    keys, cells = _keys(samples)
    sources = {name: number for number, name in enumerate(sorted({key[0] for key in cells}))}
    width = max(len(row) for row in features) - shared
    table = np.zeros((len(samples), shared + width * len(cells)))
    for index, (key, row) in enumerate(zip(keys, features, strict=True)):
        if row:
            table[index, :shared] = row[:shared]
            start = shared + width * cells[key]
            table[index, start : start + len(row) - shared] = row[shared:]
    of_cell = np.array([sources[key[0]] for key in sorted(cells)], dtype=np.int64)
    answered = np.array([bool(row) for row in features], dtype=np.int64)
    asked = marks(samples, answers)[1]
    return Evidence(Columns(NOTHING, NOTHING, of_cell), table, answered, asked)


def _cells(sums: Floats, columns: Columns, shared: int) -> Floats:
    own = sums[..., shared:]
    return own.reshape(*own.shape[:-1], len(columns.cells), -1)


# --- scores ---------------------------------------------------------------------------------------


def score_evidence(samples: Sequence[Row], answers: Answers) -> Evidence | None:
    """Squares and products, and by cell the number and sums of scores."""
    if not _known(samples):
        return None
    rows: list[tuple[float, ...]] = []
    for human, judge in zip(label_scores(samples), said_scores(samples, answers), strict=True):
        if judge is None:
            rows.append(())
        else:
            rows.append((human * human, judge * judge, human * judge, 1.0, human, judge))
    return _evidence(samples, answers, rows, shared=3) if any(rows) else None


def _partial(sums: Floats, cells: Floats) -> Floats:
    """Correlation of the deviations from the means of cells (..., cells, 3)."""
    n, x, y = np.maximum(cells[..., 0], 1e-300), cells[..., 1], cells[..., 2]
    squares_x = sums[..., 0] - (x * x / n).sum(-1)
    squares_y = sums[..., 1] - (y * y / n).sum(-1)
    products = sums[..., 2] - (x * y / n).sum(-1)
    # what is left of rounding is no variation
    empty = (squares_x <= 1e-9 * sums[..., 0]) | (squares_y <= 1e-9 * sums[..., 1])
    spread = np.sqrt(np.maximum(squares_x, 0.0) * np.maximum(squares_y, 0.0))
    return ratio(products, np.where(empty, 0.0, spread))


def pearson_within_source(sums: Floats, columns: Columns) -> Floats:
    """Pearson correlation of what is left of both scores after the means of their source."""
    cells = _cells(sums, columns, 3)
    member = (columns.cells[:, None] == np.unique(columns.cells)).astype(np.float64)
    return _partial(sums, np.swapaxes(np.swapaxes(cells, -1, -2) @ member, -1, -2))


def pearson_beyond_responder(sums: Floats, columns: Columns) -> Floats:
    """Pearson correlation of what is left of both scores after the means of source and responder.

    The partial correlation given source and responder: knowing who wrote a response is worth
    nothing here.
    """
    return _partial(sums, _cells(sums, columns, 3))


# --- pairs ----------------------------------------------------------------------------------------


def pair_evidence(samples: Sequence[Row], answers: Answers) -> Evidence | None:
    """Agreement, and by cell the number and both margins; a pair counts in alphabetical order."""
    if not _known(samples) or any(len(_authors(sample)) != 2 for sample in samples):
        return None
    rows: list[tuple[float, ...]] = []
    for sample, said in zip(samples, marks(samples, answers)[0], strict=True):
        if not said:
            rows.append(())
            continue
        both = combined_choice(label_verdicts(sample)), combined_choice(said)
        first, second = _authors(sample)
        human, judge = both if first <= second else (TURNED[verdict] for verdict in both)
        margins = [float(human == c) for c in "ABC"] + [float(judge == c) for c in "ABC"]
        rows.append((float(human == judge), 1.0, *margins))
    return _evidence(samples, answers, rows, shared=1) if any(rows) else None


def kappa_beyond_responder(sums: Floats, columns: Columns) -> Floats:
    """Kappa over A, B and tie with chance agreement taken within source and pair of responders.

    (observed - chance) / (1 - chance), chance the agreement of verdicts shuffled among the pairs
    of the same two responders in the same source.
    """
    cells = _cells(sums, columns, 1)
    n = cells[..., 0]
    total = n.sum(-1)
    by_chance = (cells[..., 1:4] * cells[..., 4:7]).sum(-1) / np.maximum(n, 1e-300)
    chance = ratio(by_chance.sum(-1), total)
    return ratio(ratio(sums[..., 0], total) - chance, 1.0 - chance)


# --- rankings -------------------------------------------------------------------------------------


def batch_evidence(samples: Sequence[Row], answers: Answers) -> Evidence | None:
    """Kendall's tau, and by cell the number and the signs of all pairs of responders."""
    sizes = {len(_authors(sample)) for sample in samples}
    if not _known(samples) or any(len(set(_authors(s))) < len(_authors(s)) for s in samples):
        return None
    rows: list[tuple[float, ...]] = []
    for sample, said in zip(samples, marks(samples, answers)[0], strict=True):
        if not said:
            rows.append(())
            continue
        labels = [_signs(sample, label) for label in label_verdicts(sample)]
        human = np.mean([signs / np.count_nonzero(signs) for signs in labels], axis=0)
        judge = np.mean([_signs(sample, verdict) for verdict in said], axis=0)
        both = np.stack([human, judge], axis=1)
        padding = (0.0,) * (max(sizes) * (max(sizes) - 1) - both.size)
        rows.append((float(human @ judge), 1.0, *both.ravel(), *padding))
    return _evidence(samples, answers, rows, shared=1) if any(rows) else None


def _signs(sample: Row, ranking: str) -> Floats:
    """Is the first of two responders ranked higher? +1, -1 or 0 for all pairs, by their names."""
    authors = _authors(sample)
    place = {authors[LETTERS.index(letter)]: at for letter, at in places(ranking).items()}
    return np.array([np.sign(place[b] - place[a]) for a, b in combinations(sorted(place), 2)])


def kendall_beyond_responder(sums: Floats, columns: Columns) -> Floats:
    """Mean Kendall tau beyond that of rankings shuffled within source and set of responders.

    (observed - chance) / (1 - chance): 0 for a judge that always gives the responders' overall
    order, 1 for the human's own rankings.
    """
    cells = _cells(sums, columns, 1)
    n, signs = cells[..., 0], cells[..., 1:]
    products = (signs[..., 0::2] * signs[..., 1::2]).sum(-1)
    chance = ratio((products / np.maximum(n, 1e-300)).sum(-1), n.sum(-1))
    return ratio(ratio(sums[..., 0], n.sum(-1)) - chance, 1.0 - chance)


SCORE = (
    Measure("pearson_within_source", "score", "higher", pearson_within_source),
    Measure("pearson_beyond_responder", "score", "higher", pearson_beyond_responder),
)
PAIR = (Measure("kappa_beyond_responder", "pair", "higher", kappa_beyond_responder),)
BATCH = (Measure("kendall_beyond_responder", "batch", "higher", kendall_beyond_responder),)
MEASURES = (*SCORE, *PAIR, *BATCH)
