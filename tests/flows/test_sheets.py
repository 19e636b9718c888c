"""Contact sheets of what probes do to pictures."""

import io
from pathlib import Path

import pytest
from PIL import Image

from data.errors import DataError, HostError
from data.image_store import ImageStore
from flows.sheets import write_sheet
from tasks.image_sheet import packed, pictures, sheet
from tasks.probes.transforms import TRANSFORMS
from tests.flows.conftest import ROOT
from tests.tasks.test_image_changes import LIMITS, photo

DEMO = ROOT / "data" / "demo"


def test_a_datasets_sheet_shows_every_change_that_its_probes_make() -> None:
    (cells,) = pictures(DEMO, 1).blocks
    names = [cell.name.partition("/")[0] for cell in cells]
    assert names[:7] == ["as it is", "black", "grey", "noise", "mismatched", "foreign", "caption"]
    assert names.count("instruction") == 6
    assert [cell.name for cell in cells][-len(TRANSFORMS) :] == list(TRANSFORMS)
    assert "omitted" not in names


def test_its_pictures_are_of_different_sources() -> None:
    blocks = pictures(DEMO, 3).blocks
    assert len({cells[0].image.path.rpartition("-")[0] for cells in blocks}) == 3


def test_a_folder_of_pictures_and_a_single_one_have_sheets_too(tmp_path: Path) -> None:
    for name, size in (("a.png", (90, 60)), ("b.jpg", (60, 200)), ("c.txt", (1, 1))):
        photo(size).save(tmp_path / name, "PNG" if name != "b.jpg" else "JPEG")
    assert len(pictures(tmp_path, 9).blocks) == 2
    found = write_sheet(tmp_path / "b.jpg", tmp_path / "sheet.png", 2, 64)
    assert (found["pictures"], found["cells"]) == (1, 30)
    with Image.open(tmp_path / "sheet.png") as drawn:
        assert drawn.size == (6 * 72 + 8, 5 * (48 + 38) + 8)


def test_a_cell_holds_the_picture_as_it_would_be_sent(tmp_path: Path) -> None:
    photo((64, 48)).save(tmp_path / "a.png")
    made = sheet(pictures(tmp_path, 1), LIMITS, ImageStore(tmp_path / "store"), 64)
    assert made.crop((8, 8, 72, 56)).tobytes() == photo((64, 48)).tobytes()
    black = made.crop((80, 8, 144, 56))
    assert black.getcolors() == [(64 * 48, (0, 0, 0))]
    assert Image.open(io.BytesIO(packed(made))).size == made.size


def test_what_is_no_picture_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a dataset nor a picture"):
        write_sheet(tmp_path / "nosuch", tmp_path / "s.png", 1, 64)
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"'a.png': the file is not an image"):
        write_sheet(tmp_path, tmp_path / "s.png", 1, 64)
    photo().save(tmp_path / "a.png")
    with pytest.raises(HostError, match="cannot be written"):
        write_sheet(tmp_path, tmp_path / "nosuch" / "s.png", 1, 64)
