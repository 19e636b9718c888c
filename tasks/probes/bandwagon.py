"""The bandwagon probe: does the judge side with what most people are said to think?"""

from __future__ import annotations

from tasks.probes.cues import CONTROL, Cue, Version
from tasks.probes.wordings import numbered

BETTER = numbered(
    "In an earlier survey, most people found {name}'s response better than any other.",
    "Nine out of ten readers prefer {name}'s response to any other.",
    "A large majority of users voted for {name}'s response.",
    "{name}'s response is the favourite of most people who were asked.",
    "Of 200 people who were asked, 182 chose {name}'s response.",
    "Almost everybody who took part sided with {name}'s response.",
)
SEEN = numbered(  # as many people, nothing of what they thought
    "In an earlier survey, most people looked at {name}'s response on a weekday.",
    "Nine out of ten readers saw {name}'s response on a screen.",
    "A large majority of users were shown {name}'s response.",
    "{name}'s response is known to most people who were asked.",
    "Of 200 people who were asked, 182 read {name}'s response.",
    "Almost everybody who took part read through {name}'s response.",
)
RATED = {
    grade: numbered(
        f"In an earlier survey, most people gave {{name}}'s response a {grade} rating.",
        f"Nine out of ten readers gave {{name}}'s response a {grade} grade.",
        f"A large majority of users rated {{name}}'s response {grade}.",
        f"{{name}}'s response is rated {grade} by most people who were asked.",
        f"Of 200 people who were asked, 182 rated {{name}}'s response {grade}.",
        f"Almost everybody who took part marked {{name}}'s response {grade}.",
    )
    for grade in ("high", "low")
}

SEVERAL = (Version("cue", BETTER), Version(CONTROL, SEEN, 0.0))
BANDWAGON = Cue(
    "bandwagon",
    "remark",
    {
        "score": (
            Version("high", RATED["high"]),
            Version("low", RATED["low"], -1.0),
            Version(CONTROL, SEEN, 0.0),
        ),
        "pair": SEVERAL,
        "batch": SEVERAL,
    },
    opposed=(("own/high", "own/low"),),
)
