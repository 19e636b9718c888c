"""The sections of `docs/measures.md` that come from docstrings; run as a program it writes them."""

from __future__ import annotations

import inspect
from pathlib import Path

from tasks.measures import SECTIONS
from tasks.measures.kinds import Measure

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
FIRST, AFTER = "## Scoring\n", "## Baselines\n"
DIRECTION = {"higher": "Higher is better.", "lower": "Lower is better."}


def sections() -> str:
    """Every measure under its heading: definition, direction, and the rest of its docstring."""
    parts = []
    for title, measures in SECTIONS.items():
        parts += [f"## {title}", *(_section(measure) for measure in measures)]
    return "\n\n".join(parts) + "\n\n"


def _section(measure: Measure) -> str:
    text = inspect.cleandoc(measure.value.__doc__ or "")
    _, *others = [" ".join(part.split()) for part in text.split("\n\n")]
    said = [measure.definition, "Primary."] if measure.primary else [measure.definition]
    said.append(DIRECTION.get(measure.better, "Neither direction is better."))
    return "\n\n".join([f"### {measure.name}", " ".join(said), *others])


def page(text: str) -> str:
    """The page with its sections as the code has them."""
    start, end = text.index(FIRST), text.index(AFTER)
    return text[:start] + sections() + text[end:]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
