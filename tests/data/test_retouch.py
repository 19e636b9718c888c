"""Edited pictures: exactly one thing is different, and the rest is as it was drawn."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.make.canvas import COLOURS, Canvas
from data.make.facts import ItemFacts, ObjectFact, ReadoutFact, read_facts
from data.make.forms import FORMS, box_of_form
from data.make.retouch import recoloured, rewritten, text_size

DEMO = Path(__file__).parents[2] / "data/demo"
FACTS = read_facts(DEMO)


def picture(item: str) -> Image.Image:
    return Image.open(DEMO / f"images/{item}.png").convert("RGB")


def things(item: ItemFacts) -> list[ObjectFact]:
    return [fact for fact in item.facts if isinstance(fact, ObjectFact) and fact.colour]


def changed(one: Image.Image, two: Image.Image) -> np.ndarray:
    away = np.abs(np.asarray(one, float) - np.asarray(two, float)).max(-1)
    return np.asarray(away > 0)


@pytest.mark.parametrize("kind", ["table", "receipt", "map"])
def test_words_written_again_look_as_they_did(kind: str) -> None:
    for item in [found for found in FACTS.values() if found.kind == kind][:2]:
        before = picture(item.item_id)
        for fact in item.facts:
            if isinstance(fact, ReadoutFact) and any(sign.isdigit() for sign in fact.text):
                after = rewritten(before, fact.box, fact.text, text_size(fact.text, fact.box))
                away = np.abs(np.asarray(after, float) - np.asarray(before, float)).max(-1)
                left, top, right, bottom = fact.box
                assert away[top:bottom, left:right].mean() < 40, (
                    fact
                )  # of 255: half a pixel's shift
                away[top - 2 : bottom + 2, left - 4 : right + 4] = 0
                assert not away.any(), fact


def test_other_words_change_the_picture_inside_their_box_alone() -> None:
    item = FACTS["table-0001"]
    fact = next(f for f in item.facts if isinstance(f, ReadoutFact) and f.text == "61")
    where = changed(picture(item.item_id), rewritten(picture(item.item_id), fact.box, "48", 17))
    left, top, right, bottom = fact.box
    assert where[top:bottom, left:right].sum() > 20
    where[top - 2 : bottom + 2, left - 4 : right + 4] = False
    assert not where.any()


def drawn(form: str, colour: str) -> Image.Image:
    canvas = Canvas()
    FORMS[form](canvas, (100, 100), COLOURS[colour])
    canvas.text((142, 66), "W", 20, "mm")
    return Image.open(io.BytesIO(canvas.png())).convert("RGB")


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_thing_in_another_colour_is_the_picture_drawn_in_that_colour(form: str) -> None:
    for old, new in (("yellow", "blue"), ("pink", "green"), ("red", "orange")):
        after = recoloured(drawn(form, old), box_of_form((100, 100)), old, new)
        away = np.abs(np.asarray(after, float) - np.asarray(drawn(form, new), float)).max(-1)
        assert (away > 8).sum() <= 2, (form, old, new)  # of 5184 pixels


def test_an_erased_shape_leaves_paper_and_the_letters() -> None:
    for item in [found for found in FACTS.values() if found.kind == "shapes"][:2]:
        before = picture(item.item_id)
        for thing in things(item):
            left, top, right, bottom = thing.box
            after = np.asarray(recoloured(before, thing.box, str(thing.colour), None), int)
            middle = after[top + 10 : bottom - 10, left + 10 : right - 10]
            assert (middle >= 250).all(), thing
            dark = np.asarray(before, int).sum(-1) < 150
            assert (after.sum(-1)[dark] < 150).all(), thing
