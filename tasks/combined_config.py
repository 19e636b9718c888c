"""What a configuration says of verdicts that stand on several answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from data.records import Record
from tasks.judge_config import Judge, same_model


class Cascade(Record):
    """A cheap judge decides where it is as sure as `sure` says, a strong judge the rest.

    `cheap` names one of the judges. It is as sure as its verdict is probable where its answers come
    with probabilities, else as the share of its repeats that say the same.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=60)]
    cheap: str
    strong: Judge
    sure: Annotated[float, Field(gt=0, le=1)]


def wrong_cascade(cascades: Sequence[Cascade], judges: Sequence[Judge], repeats: int) -> str | None:
    """Why cascades cannot work, in a line; `None` where they can."""
    names = [cascade.name for cascade in cascades]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return f"names of cascades must be distinct; {twice!r} stand twice"
    known = {judge.name: judge for judge in judges}
    for one in cascades:
        said = f"cascade {one.name!r}"
        cheap = known.get(one.cheap)
        if cheap is None:
            return f"{said}: cheap must name one of the judges {list(known)!r}, got {one.cheap!r}"
        if cheap.name == one.strong.name or same_model(cheap, one.strong):
            return f"{said}: cheap and strong are one judge, {cheap.name!r}"
        original = getattr(cheap, "of", None) or cheap
        if repeats < 2 and not getattr(original, "logprobs", False):
            return (
                f"{said}: judge {cheap.name!r} cannot tell how sure it is; ask it for `logprobs` "
                f"or set `repeats` to 2 or more, got {repeats}"
            )
    return None
