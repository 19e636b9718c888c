"""How judges, numbers, intervals, labels and sums of money are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Names:
    """How judges are called on the page: simulated ones say so wherever they stand."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self.judges = list(run.get("judges", ()))
        self._constructed = label_words(run) == "labels by construction"
        self._simulated = {judge["name"] for judge in self.judges if judge.get("simulated")}

    def __call__(self, judge: str) -> str:
        """The judge's name with its label."""
        if judge == "humans" and self._constructed:
            return "labels by construction"
        panel = judge.startswith("panel:") and bool(self._simulated)
        return f"{judge} (simulated)" if panel or judge in self._simulated else judge


def number(value: float | None, digits: int = 3) -> str:
    """A number as it is printed; `None` is not defined."""
    return "not defined" if value is None else f"{value:.{digits}f}"


def span(low: float | None, high: float | None) -> str:
    """An interval, of which one end or both may be open."""
    if low is None and high is None:
        return "–"
    if low is None:
        return f"up to {number(high)}"
    return f"{number(low)} or more" if high is None else f"{number(low)} to {number(high)}"


def recorded(value: object) -> object:
    """The value, or that there is none."""
    return "not recorded" if value is None or value == "" else value


def label_words(run: Mapping[str, Any]) -> str:
    """What the labels are called."""
    origin = str(run.get("dataset", {}).get("label_origin") or "")
    known = {"human": "human labels", "construction": "labels by construction", "": "no labels"}
    return known.get(origin, "human labels and labels by construction")


def usd(value: float | None) -> str:
    """A sum of money, or that it is not known."""
    return "price unknown" if value is None else f"{value:.4f}"
