"""What a variant of a question changes in its prompt and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from cache.keys import canonical_json
from data.records import Record


class PromptChange(Record):
    """What differs from the configured prompt; what is not set stays as it is.

    `steps` and `wording` name other templates (`steps_NAME.txt`, `FILE.WORDING.txt`). `rubric` is
    the order of its lines: descending, or one of `RUBRICS`. `labels` stand in place of the scale's
    numbers, lowest first, or of A, B and C. `remark` is said before the material, `reference` is an
    answer to compare with.
    """

    steps: str | None = None
    wording: str | None = None
    rubric: Literal["ascending", "descending", "shuffled-1", "shuffled-2", "shuffled-3"] = (
        "ascending"
    )
    labels: tuple[str, ...] = ()
    remark: str = ""
    reference: str = ""
    image_first: bool = False

    def __deepcopy__(self, memo: dict[int, object] | None = None) -> PromptChange:
        """Itself: it cannot be changed, and is the default of every one of many variants."""
        return self


AS_IT_IS = PromptChange()
RUBRICS = {  # orders of five lines, by place in the ascending one; each begins elsewhere
    "shuffled-1": (3, 0, 2, 4, 1),
    "shuffled-2": (1, 4, 0, 3, 2),
    "shuffled-3": (2, 3, 1, 0, 4),
}
OMITTED = "omit"  # an image change that sends no picture


class ImageChange(Record):
    """One thing done to a picture before it is sent; `tasks/image_changes.py` says what each is.

    `level` is the dose (a JPEG quality, a side in pixels), `text` what is drawn into the picture,
    `box` where (left, top, right, bottom as shares of its width and height).
    """

    do: Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]
    level: float = 0.0
    text: str = ""
    box: tuple[float, float, float, float] | None = None


def change_key(changes: Sequence[ImageChange]) -> str:
    """What identifies changes made one after the other; empty for none."""
    return canonical_json([change.model_dump() for change in changes]) if changes else ""
