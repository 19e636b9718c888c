"""The ways a score, a choice or a ranking is written, and what is wrong with the others."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from data.records import LETTERS, AnswerMode, Chosen, Ranked, Readable, Said, Scale, Scored

OPENERS = r"[\s\"'*_`\[\(\{:>#$\\]*"
CLOSED = r"\s*(?:[\]\)\}\"'*_`.,;<(:|\\]|$|\n|-\s|\u2013|\u2014)"
BETTER = r"|\s+(?:is|are) better|\s+wins"
NUMBER = re.compile(
    OPENERS + r"(?P<number>-?\d{1,9}(?:\.\d{1,9})?)"
    r"(?:\s*(?:/|out of)\s*(?P<of>\d{1,9})(?!\d))?(?=" + CLOSED + ")",
    re.IGNORECASE,
)
RANGE = re.compile(OPENERS + r"\d+\s*(?:-|–|to|or)\s*\d", re.IGNORECASE)
CHOICE = re.compile(
    OPENERS + r"(?:(?:assistant|response|answer|option)\s+)?[\[\"'*]*"
    r"(?P<letter>[A-Za-z])(?=" + CLOSED + BETTER + ")",
    re.IGNORECASE,
)
TIED = re.compile(OPENERS + r"(?:a\s+)?(?:tie|tied|draw|equal)(?=" + CLOSED + ")", re.IGNORECASE)
BRACKETED = re.compile(r"\[\[([^\[\]\n]{1,24})\]\]")
PLACEHOLDER = re.compile(
    OPENERS
    + r"(?:score|letter|label|word|x|n|number|rank|choice|your[\s_-]?\w+|<[^>\n]{0,30}>|\.{3}|_+)"
    r"\s*(?:[\]\"'>}]|$)",
    re.IGNORECASE,
)
CLOSERS = re.compile(r"[\])\"'*]*")
WORD = re.compile(r"[A-Za-z]+")
WHO = re.compile(r"\b(?:assistant|response|answer|option)s?\b", re.IGNORECASE)
BETWEEN = re.compile(r"(?:[\s\"'`*_\[\](),>;:{}|/\\-]|\d+[.)])*")
SHORT = re.compile(OPENERS + r"-?\w{1,8}(?=" + CLOSED + ")")
BARE = re.compile(r"[^\w-]*(-?[A-Za-z0-9][^\n]{0,60})")


@dataclass(frozen=True)
class Form:
    """What a verdict may look like; `labels` stand in place of numbers, or of A, B and C."""

    mode: AnswerMode
    responses: int
    scale: Scale
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A readable verdict or the reason why there is none, and the snippet looked at."""

    found: Readable | str
    raw: str | None = None


def read_bare(text: str, form: Form) -> Reading | None:
    """The reading of a text that is nothing but a verdict; `None` if there is more to it."""
    mode = form.mode
    if form.labels:
        plain = text.strip("[]()*_`\"'. \n").casefold()
        said = plain in {label.casefold() for label in form.labels}
        said = said or (form.mode == "pair" and plain == "tie")
        return read_value(text, form, cut=False) if said else None
    if len(text) > 80 or "\n" in text or BARE.fullmatch(text.strip()) is None:
        return None
    if mode == "score" and re.fullmatch(r"[^\w-]*-?\d+(?:\.\d+)?(?:\s*/\s*\d+)?\W*", text):
        return read_value(text, form, cut=False)
    if mode == "pair" and re.fullmatch(r"\W*(?:[A-Z]|tie|Tie|TIE)\W*", text):
        return read_value(text, form, cut=False)
    letters = re.fullmatch(r"\W*(?:[A-Z]\W*){2,26}", text)
    if mode == "batch" and letters:
        return read_value(text, form, cut=False)
    return None


def read_value(value: str, form: Form, *, cut: bool) -> Reading:
    """The reading of what stands after a judgement marker.

    `cut`: the answer ended because its tokens did, so that a value at its very end may be half.
    """
    if form.labels:
        return _labelled(value, form, cut)
    match form.mode:
        case "score":
            return _score(value, form.scale, cut)
        case "pair":
            return _choice(value, cut)
        case _:
            return _ranking(value, form.responses, cut)


def _labelled(value: str, form: Form, cut: bool) -> Reading:
    """One of the labels, whatever its case; a pair's may be called a tie instead."""
    if _disagree(value):
        return Reading("contradictory", _line(value))
    tied = TIED.match(value) if form.mode == "pair" else None
    match = tied or _label(form.labels, form.mode).match(value)
    if match is None or (tied is None and _is_a_word(value, match, form.labels)):
        known = match is not None or _nothing(value) == "placeholder"
        other = SHORT.match(value) is not None and not known
        return Reading("not one of the labels" if other else _nothing(value), _line(value))
    raw = _snippet(value, match.end())
    if cut and not value[match.end() :].strip(" "):
        return Reading("truncated", raw)
    folded = [label.casefold() for label in form.labels]
    at = 2 if tied else folded.index(match["label"].casefold())
    match form.mode:
        case "score":
            return Reading(Scored(value=form.scale.low + at), raw)
        case "pair":
            return Reading(Chosen.model_validate({"value": "ABC"[at]}), raw)
    return Reading(Said.model_validate({"value": form.labels[at]}), raw)


@functools.lru_cache(maxsize=64)
def _label(labels: tuple[str, ...], mode: AnswerMode) -> re.Pattern[str]:
    """A label at the start of a value, the longest that fits."""
    said = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    opened = OPENERS + r"(?:(?:assistant|response|answer|option)\s+)?[\[\"'*]*"
    closed = CLOSED + (BETTER if mode == "pair" else "")
    return re.compile(f"{opened}(?P<label>{said})(?={closed})", re.IGNORECASE)


def _is_a_word(value: str, match: re.Match[str], labels: tuple[str, ...]) -> bool:
    """Whether a lone letter in another case than its label's opens a sentence: "I, for one"."""
    said = match["label"]
    rest = value[match.end() :].split("\n", 1)[0]
    return len(said) == 1 and said not in labels and "[" not in match[0] and bool(WORD.search(rest))


def _score(value: str, scale: Scale, cut: bool) -> Reading:
    if RANGE.match(value) or _disagree(value):
        return Reading("contradictory", _line(value))
    match = NUMBER.match(value)
    if match is None:
        return Reading(_nothing(value), _line(value))
    raw = _snippet(value, match.end())
    if cut and not value[match.end() :].strip(" "):
        return Reading("truncated", raw)
    number = float(match["number"])
    if match["of"] is not None and int(match["of"]) != scale.high:
        return Reading("out of scale", raw)
    if not number.is_integer():
        return Reading("not a whole number", raw)
    if not scale.low <= number <= scale.high:
        return Reading("out of scale", raw)
    return Reading(Scored(value=number), raw)


def _choice(value: str, cut: bool) -> Reading:
    if _disagree(value):
        return Reading("contradictory", _line(value))
    tied = TIED.match(value)
    match = tied or CHOICE.match(value)
    if match is None or (tied is None and _is_prose(value, match)):
        return Reading(_nothing(value), _line(value))
    raw = _snippet(value, match.end())
    if cut and not value[match.end() :].strip(" "):
        return Reading("truncated", raw)
    if tied:
        return Reading(Chosen(value="C"), raw)
    letter = match["letter"].upper()
    if letter == "A":
        return Reading(Chosen(value="A"), raw)
    if letter == "B":
        return Reading(Chosen(value="B"), raw)
    if letter == "C":
        return Reading(Chosen(value="C"), raw)
    return Reading("placeholder" if letter == "X" else "letter out of range", raw)


def _ranking(value: str, responses: int, cut: bool) -> Reading:
    letters, end, stopped_by = _letters(WHO.sub(lambda m: " " * len(m[0]), value), responses)
    raw = _snippet(value, end) or _line(value)
    known = LETTERS[:responses]
    if stopped_by == "=":
        return Reading("tie in a ranking", raw)
    if not letters or _nothing(value) == "placeholder":
        return Reading(_nothing(value), _line(value))
    if any(letter not in known for letter in letters):
        return Reading("letter out of range", raw)
    if len(letters) > responses:
        return Reading("contradictory", raw)
    if len(set(letters)) < len(letters):
        return Reading("repeated letters", raw)
    if len(letters) < responses:
        return Reading("incomplete ranking", raw)
    if cut and not value[end:].strip(" "):
        return Reading("truncated", raw)
    return Reading(Ranked(value=letters), raw)


def _letters(value: str, responses: int) -> tuple[str, int, str]:
    """The run of ranked letters at the start, where it ends, and the character that ended it."""
    letters, end = "", 0
    while True:
        gap = BETWEEN.match(value, end)
        start = gap.end() if gap else end
        word = WORD.match(value, start)
        if word is None:
            return letters, end, value[start : start + 1]
        text = word[0]
        compact = len(text) == responses and text.isupper() and not letters
        if not compact and (len(text) > 1 or _mid_sentence(value, word.end(), letters, responses)):
            return letters, end, ""
        letters += text.upper()
        end = word.end()
        if len(letters) > responses:
            return letters, end, ""


def _mid_sentence(value: str, end: int, letters: str, responses: int) -> bool:
    """Whether a lone letter is a word of the sentence that follows a complete ranking."""
    return len(letters) == responses and re.match(r"\s+[a-z]", value[end:]) is not None


def _is_prose(value: str, match: re.Match[str]) -> bool:
    """Whether a lower-case letter is the start of a sentence rather than a verdict."""
    return match["letter"].islower() and "[" not in match[0]


def _disagree(value: str) -> bool:
    """Whether the line holds bracketed verdicts that differ."""
    return len({inner.strip(" \"'").upper() for inner in BRACKETED.findall(_line(value))}) > 1


def _nothing(value: str) -> str:
    return "placeholder" if PLACEHOLDER.match(value) else "no judgement"


def _snippet(value: str, end: int) -> str:
    """What was read, with the brackets and quotes that close it."""
    closers = CLOSERS.match(value, end)
    return value[: closers.end() if closers else end].strip()[:200]


def _line(value: str) -> str:
    return value.lstrip().split("\n", 1)[0][:200]
