from pathlib import Path

from tasks.probes import PROBES
from tests import measures_page

DOCS = Path(__file__).parents[3] / "docs"


def test_every_measure_is_documented_by_its_own_docstring() -> None:
    text = measures_page.PAGE.read_text(encoding="utf-8")
    assert text == measures_page.page(text), "run `make docs`"
    assert "### quadratic_kappa" in text


def test_every_probe_is_documented() -> None:
    pages = [page.read_text(encoding="utf-8") for page in (DOCS / "probes").glob("*.md")]
    parts = [part for page in pages for part in page.split("\n## ")[1:]]
    assert sorted(part.split("\n", 1)[0].strip() for part in parts) == sorted(PROBES)
