"""The names probe: is a response worth more under the name of a famous model?"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.probes.cues import CONTROL, Cue, Version
from tasks.probes.wordings import Words

PAIRS = (  # a prestigious model and a small or old one
    ("GPT-5", "GPT-2"),
    ("Claude Opus 4", "Vicuna 7B"),
    ("Gemini 2.5 Pro", "LLaVA 7B"),
    ("GPT-4o", "Dolly 3B"),
    ("Claude Sonnet 4", "GPT-J 6B"),
    ("Gemini 1.5 Pro", "MiniGPT-4 7B"),
)
CODES = ("Norvane 12B", "Quillock 12B")  # invented: names that say nothing
ALONE = (
    "{{name}}'s response was written by the model {model}.",
    "The model behind {{name}} is {model}.",
    "{{name}}: {model}.",
)
SEVERAL = (  # either named first, so that the place in the remark cancels
    "{{name}}'s response was written by the model {model}, that of {{others}} by {other}.",
    "What {{others}} wrote comes from the model {other}, {{name}}'s response from {model}.",
    "The model behind {{name}} is {model}; behind {{others}} it is {other}.",
    "The model behind {{others}} is {other}; behind {{name}} it is {model}.",
)


def _alone(models: Sequence[str]) -> Words:
    """What is said of a scored response, for each model."""
    return {
        str(number): tuple(wording.format(model=model) for wording in ALONE)
        for number, model in enumerate(models, 1)
    }


def _several(pairs: Sequence[tuple[str, str]]) -> Words:
    """What is said of several responses, of which one bears a pair's first name."""
    return {
        str(number): tuple(wording.format(model=model, other=other) for wording in SEVERAL)
        for number, (model, other) in enumerate(pairs, 1)
    }


BESIDE = (
    Version("famous", _several(PAIRS)),
    Version(CONTROL, _several([CODES] * len(PAIRS)), 0.0),
)
NAMES = Cue(
    "names",
    "remark",
    {
        "score": (
            Version("famous", _alone([famous for famous, _ in PAIRS])),
            Version("modest", _alone([modest for _, modest in PAIRS]), 0.0),
            Version(CONTROL, _alone(CODES * (len(PAIRS) // 2)), 0.0),
        ),
        "pair": BESIDE,
        "batch": BESIDE,
    },
    opposed=(("own/famous", "own/modest"), ("worse/famous", "better/famous")),
)
