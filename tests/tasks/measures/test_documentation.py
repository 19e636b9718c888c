from pathlib import Path

from tasks.measures import EVERY
from tasks.probes import PROBES

DOCS = Path(__file__).parents[3] / "docs"


def test_every_measure_is_documented_by_its_own_docstring() -> None:
    text = (DOCS / "measures.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0].strip(): part for part in text.split("\n### ")[1:]}
    assert set(sections) == {measure.name for measure in EVERY}
    for measure in EVERY:
        assert measure.definition in sections[measure.name]


def test_every_probe_is_documented() -> None:
    text = (DOCS / "probes.md").read_text(encoding="utf-8")
    titles = {part.split("\n", 1)[0].strip() for part in text.split("\n## ")[1:]}
    assert titles == set(PROBES)
