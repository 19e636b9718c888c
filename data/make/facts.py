"""What is true of a made picture and how its responses were built: the lines of `facts.jsonl`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from data.errors import DataError
from data.records import Record

FACTS = "facts.jsonl"
Box = tuple[int, int, int, int]
Attribute = Literal["name", "colour", "shape", "value", "object"]
Defect = Literal[
    "chart value",
    "table value",
    "price",
    "distance",
    "count",
    "colour",
    "object",
    "side",
    "position",
    "text",
]
Quality = Literal["full", "terse", "planted", "hallucinated"]
GOLD: dict[Quality, int] = {"full": 5, "terse": 4, "planted": 2, "hallucinated": 1}


class ImageFact(Record):
    """The picture's file, relative to the dataset's folder, and its size in pixels."""

    type: Literal["image"] = "image"
    path: str
    width: int
    height: int


class ObjectFact(Record):
    """A thing that is drawn: what it is, its name, its colour and where (left, top, right, bottom).

    `count` says how many of it the one drawn mark stands for: the quantity on a receipt's line,
    1 elsewhere.
    """

    type: Literal["object"] = "object"
    id: str
    noun: str
    name: str
    colour: str | None = None
    count: int = 1
    box: Box


class ReadoutFact(Record):
    """A number or word that can be read: `text` is exactly what is drawn inside `box`.

    `object` is the id of the thing it belongs to, null for the picture as a whole.
    """

    type: Literal["readout"] = "readout"
    id: str
    object: str | None
    quantity: str
    value: int | float | str
    unit: str | None = None
    text: str
    box: Box


class CountFact(Record):
    """How many of something there are."""

    type: Literal["count"] = "count"
    id: str
    of: str
    value: int


class RelationFact(Record):
    """Where one object lies as seen from another: `subject` is `value` of (or at) `object`."""

    type: Literal["relation"] = "relation"
    id: str
    subject: str
    value: Literal["left", "right", "above", "below", "north", "south", "east", "west", "at"]
    object: str


class DerivedFact(Record):
    """Something that follows from other facts: `value` by `how` from the facts `of`."""

    type: Literal["derived"] = "derived"
    id: str
    how: Literal["difference", "peak", "trend", "distance", "highest"]
    value: int | float | str
    unit: str | None = None
    of: tuple[str, ...]


class PresenceFact(Record):
    """Noun phrases for yes/no questions: what is in the picture, what could be but is not.

    `adversarial` are those of `absent` that are most like something present.
    """

    type: Literal["presence"] = "presence"
    present: tuple[str, ...]
    absent: tuple[str, ...]
    adversarial: tuple[str, ...] = ()


class Mention(Record):
    """Words of a response that state one attribute of one fact.

    `name` and `colour` belong to objects, `shape` is an object's noun, `value` that of any other
    fact, `object` the name of the object at the other end of a relation.
    """

    fact: str
    attribute: Attribute
    text: str


class Sentence(Record):
    """A sentence of a response and the facts it states; none of them for an invented object."""

    text: str
    mentions: tuple[Mention, ...]


class ResponseFact(Record):
    """How one response was built, and the score that follows from it."""

    type: Literal["response"] = "response"
    author: str
    quality: Quality
    gold: int
    sentences: tuple[Sentence, ...]


class DefectFact(Record):
    """The one wrong fact of a response: it says `planted` where the picture says `original`."""

    type: Literal["defect"] = "defect"
    author: str
    defect: Defect
    fact: str
    attribute: Attribute
    original: str
    planted: str
    sentence: str


class HallucinationFact(Record):
    """The thing a response speaks of although it is not in the picture."""

    type: Literal["hallucination"] = "hallucination"
    author: str
    noun: str
    name: str
    phrase: str
    sentences: tuple[str, ...]


class TieFact(Record):
    """Two responses that state the same facts in other words, and who goes first in a ranking."""

    type: Literal["tie"] = "tie"
    authors: tuple[str, str]
    ranked_by: Literal["own order"] = "own order"


PictureFact = ObjectFact | ReadoutFact | CountFact | RelationFact | DerivedFact | PresenceFact
Fact = Annotated[
    PictureFact | ImageFact | ResponseFact | DefectFact | HallucinationFact | TieFact,
    Field(discriminator="type"),
]


class ItemFacts(Record):
    """One line of `facts.jsonl`; `difficulty` runs from 0 (coarse errors) to 1 (subtle ones).

    Of a picture that was not drawn here, the item's id and the facts are enough.
    """

    item_id: str
    kind: str = ""
    difficulty: float | None = None
    instruction: str = ""
    answer: str = ""
    facts: tuple[Fact, ...]


def read_facts(folder: Path) -> dict[str, ItemFacts]:
    """The facts of a made dataset by `item_id`, in the order of its items.

    Raises:
        DataError: there is no `facts.jsonl`, or a line of it is not one of ours.
    """
    path = folder / FACTS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"facts {str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"facts {str(path)!r} are not UTF-8 text: {error.reason}") from error
    found: dict[str, ItemFacts] = {}
    for number, line in enumerate(lines, start=1):
        try:
            item = ItemFacts.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise DataError(
                f"line {number} of {str(path)!r} is not an item's facts: {where}: {first['msg']}"
            ) from error
        found[item.item_id] = item
    return found
