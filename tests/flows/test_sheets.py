"""Contact sheets of what probes do to pictures."""

import io
from pathlib import Path

import pytest
from PIL import Image

from data.errors import DataError, HostError
from data.image_store import ImageStore
from flows.sheets import write_sheet
from tasks.image_sheet import as_sent, packed, pictures, sheet
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


def test_the_edits_of_perception_are_shown_each_once_where_the_facts_are_known() -> None:
    edits = [
        cell.name.partition(":")[0]
        for cells in pictures(DEMO, 6).blocks
        for cell in cells
        if any(change.do in {"recolour", "rewrite", "erase"} for change in cell.changes)
    ]
    assert sorted(edits) == [
        "colour-edited", "colour-edited", "erased-edited",
        "readout-edited", "readout-edited", "readout-edited",
    ]  # fmt: skip


def test_a_change_that_leaves_the_picture_as_it_is_says_so(tmp_path: Path) -> None:
    photo((1000, 500)).save(tmp_path / "a.png")
    (cells,) = pictures(tmp_path, 1, "long-edge").blocks
    sent = as_sent(cells, tmp_path, LIMITS, ImageStore(tmp_path / "store"))
    assert [words.partition(",")[0] for _, words in sent] == [
        "1000 x 500", "= as it is", "= as it is", "768 x 384", "512 x 256", "384 x 192",
    ]  # fmt: skip


def test_only_changes_of_a_name_are_drawn_and_an_unknown_name_is_said(tmp_path: Path) -> None:
    blocks = pictures(DEMO, 6, "erased").blocks
    assert [[cell.name for cell in cells] for cells in blocks] == [
        ["as it is", "erased-edited: yellow"]
    ]
    found = write_sheet(DEMO, tmp_path / "s.png", 6, 64, "edited")
    assert (found["pictures"], found["cells"]) == (5, 5 + 6)
    with pytest.raises(DataError, match=r"no change is called 'charm'; known: .*'black'"):
        pictures(DEMO, 1, "charm")


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
