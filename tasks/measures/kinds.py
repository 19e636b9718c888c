"""What a measure is: a function of additive per-image sums, so that images resample cheaply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.records import Mode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Columns:
    """What the K columns of the sums mean.

    `human` and `judge` are the sorted levels of a joint table with K = len(human) × len(judge)
    columns, row by row; both are empty where the columns are plain sums. `cells` gives the number
    of the source of each cell (source and responders) where sums are kept by cell.
    """

    human: Floats
    judge: Floats
    cells: Ints = field(default_factory=lambda: np.array([], dtype=np.int64))

    def table(self, sums: Floats) -> Floats:
        """Sums of shape (..., K) as joint counts of shape (..., human levels, judge levels)."""
        return sums.reshape(*sums.shape[:-1], len(self.human), len(self.judge))


Value = Callable[[Floats, Columns], Floats]
Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Measure:
    """A named function from sums (..., K) to values (...); NaN inside where it is not defined.

    `mode` is `None` for a measure that every mode has; `by_level` asks for a figure per level of
    the human label too. `share` says that it is a share of all samples, one or nothing each.

    `of` are its denominators, functions of the same sums: a sample enters where they are above
    zero; without any, all samples with a readable verdict do. `labelled` says that only samples
    with a label can enter. `undefined` is why it has no value although samples enter.

    Of one that is not `bounded` nothing is said of what missing verdicts could have been; `certain`
    is one that they cannot change, as it counts them. `limits` finds its limits where those of
    `tasks/measures/bounds.py` will not do. A `skewed` one is a mean over samples that lie askew,
    so that its interval is corrected for that (`tasks/measures/skewness.py`).
    """

    name: str
    mode: Mode | None
    better: Better
    value: Value
    primary: bool = False
    by_level: bool = False
    share: bool = False
    bounded: bool = True
    of: tuple[Value, ...] = ()
    labelled: bool = False
    undefined: str = "no variation"
    certain: bool = False
    limits: Callable[..., Limits] | None = None
    skewed: bool = False

    @property
    def definition(self) -> str:
        """The first sentence of the function's docstring."""
        return " ".join((self.value.__doc__ or "").split("\n\n")[0].split())


def part(names: Sequence[str], *chosen: str) -> Value:
    """The sum of some of the columns that are called `names`."""
    places = [names.index(name) for name in chosen]

    def summed(sums: Floats, columns: Columns) -> Floats:
        return np.asarray(sums[..., places].sum(-1))

    return summed


def ratio(above: Floats, below: Floats) -> Floats:
    """The quotient, NaN where the denominator is not above rounding error."""
    defined = below > 1e-12
    return np.where(defined, above / np.where(defined, below, 1.0), np.nan)
