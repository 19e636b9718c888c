"""Which family a model belongs to, as far as its name tells."""

from __future__ import annotations

import re

from tasks.config import RunConfig
from tasks.judge_config import AnthropicJudge, Judge, OpenAIJudge

ALSO = {"chatgpt": "gpt", "o": "gpt", "davinci": "gpt", "gemma": "gemini", "pixtral": "mistral"}


def family(judge: Judge) -> str | None:
    """The first word of the model's name, makers left out; `None` for what is no model.

    Models of one maker that share training data count as one family where `ALSO` knows it.
    """
    if not isinstance(judge, OpenAIJudge | AnthropicJudge):
        return None
    word = re.match(r"[a-z]*", judge.model.rpartition("/")[2].lower())
    name = word[0] if word else ""
    return ALSO.get(name, name) or None


def cautions(config: RunConfig) -> list[str]:
    """What a reader must know of who verifies whom."""
    verifier = config.verifier
    own = None if verifier is None else family(verifier)
    return [
        f"verifier {verifier.name!r} is of the same model family as judge {judge.name!r} ({own}); "
        "it may believe what that judge makes up"
        for judge in config.judges
        if verifier is not None and own is not None and family(judge) == own
    ]
