"""What a judge quotes is not what it says: verdicts in quotation marks, blanked out."""

from __future__ import annotations

import re

WORDS = re.compile(r"[^\W\d_]{2,}")
QUOTED = re.compile(  # a statement of a verdict between quotation marks
    r"(?<!\w)(?:[\"'`]|\u201c|\u2018|\u00ab)[\s*]*(?:final\s+)?"
    r"(?:judge?ment|verdict|score|rating|choice|winner|preference|rank|ranking)[\s*]*[:=]"
    r"[^\"'`\u201d\u2019\u00bb\n]{1,60}(?:[\"'`]|\u201d|\u2019|\u00bb)",
    re.IGNORECASE,
)


def without_quotes(text: str) -> str:
    """The text with statements in quotation marks blanked out, where the judge says more beside.

    >>> without_quotes('It says "Score: 5". Score: 2')
    'It says           . Score: 2'
    """
    return "\n".join(_unquoted(line) for line in text.split("\n")) if QUOTED.search(text) else text


def _unquoted(line: str) -> str:
    blanked = QUOTED.sub(lambda quote: " " * len(quote[0]), line)
    return blanked if WORDS.search(blanked) else line
