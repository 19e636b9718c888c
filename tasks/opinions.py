"""What a judge's analysis says of the outcome in words, read apart from the verdict.

Only plain statements about the whole count: a winner, a tie, a score. Comparisons of one aspect,
conditions, concessions, negations and guesses say nothing, and two statements that differ say
nothing unless one of them is a conclusion ("Overall, ..."). `None` is an outcome: undecided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from data.records import LETTERS, TIE, Mode, Scale

NOT_ANALYSIS = frozenset(
    {"judgement", "judgment", "verdict", "score", "rating", "choice", "winner", "preference"}
    | {"rank", "ranking", "figureanalysis", "reference", "checklist"}
)
BRACKETS = re.compile(r"\[\[[^\]\n]{0,80}\]\]")
VERDICT_LINE = re.compile(
    r"^\W*\"?(?:(?:my|the|final|overall)\s+)*(?:judge?ment|verdict|score|rating|choice|winner|preference"
    r"|ranking|rank)\"?\W*(?:is)?\W*[:=].{0,12}$",
    re.I | re.M,
)
MARKS = re.compile(r"[*_`#\"\u201c\u201d]+")
SENTENCE = re.compile(r"(?<=[.!?])\s+|[\n;]+")
CLAUSE = re.compile(
    r",?\s+\b(?:but|yet|however|nevertheless|whereas|although|though|while)\b,?\s*", re.I
)
CONCESSION = re.compile(
    r"^\W*(?:although|though|while|whereas|even (?:though|if)|if|unless|when|despite|had)\b[^,]*,?",
    re.I,
)
DOUBTFUL = re.compile(
    r"\b(?:not|never|cannot|hardly|neither|nor|if|unless|whether|might|may|could|should|seems?"
    r"|appears?|perhaps|possibly|arguably|claims?|says?|states?|asks?|rather than|instead of"
    r"|short of|(?:would|had) have|would be)\b|n't\b|\?",
    re.I,
)
CONCLUSION = re.compile(
    r"\b(?:overall|in conclusion|to conclude|therefore|thus|hence|consequently|in sum(?:mary)?"
    r"|to sum up|on balance|all in all|all things considered|in the end|final(?:ly)?"
    r"|accordingly)\b|^\W*so\b",
    re.I,
)
REASON = re.compile(  # what follows says why, not of what
    r"\b(?:because|since|due|owing|thanks|as (?:it|its|the|he|she|they|both)|given"
    r"|for (?:its|the|being)|with (?:its|a|the)|by)\b|[,:(]",
    re.I,
)
ASPECT = re.compile(
    r"\b(?:at|in|on|for|regarding|concerning|when|where|with|as far as|from)\b", re.I
)
WHOLE = re.compile(
    r"\b(?:in (?:general|total|all respects|every (?:respect|way)|my (?:view|opinion|judge?ment)"
    r"|this (?:case|comparison)|overall quality)|on (?:the whole|balance)|overall)\b",
    re.I,
)
NOUN = r"(?i:assistants?|responses?|answers?|candidates?|models?|options?)"
NAME = rf"(?:(?i:the )?{NOUN}\s+)?['(\[]*\b(?P<x>[A-Z])\b[')\]]*(?:'?s?\s+{NOUN})?"
ENDED = (
    r"(?='s\b|\s*(?:$|[.,:!()]|(?:over|because|since|as|due|overall|here|by|than|and|for|in|at)\b))"
)
NAMED = rf"(?:(?i:the )?{NOUN}\s+['(\[]*(?P<y>[A-Z])\b[')\]]*|['(\[]*(?P<z>[A-Z])\b[')\]]*{ENDED})"
HOW = (
    r"(?i:(?:clearly|still|slightly|marginally|significantly|considerably|substantially|somewhat"
    r"|much|far|a bit|definitely|overall) )*"
)
STOP = (
    r"(?=\W*$|\s*[,.:()]|\s+(?i:than|overall|because|since|due|as|here|of|choice|one|response"
    r"|answer|and|by|in|at|on|for|with|when|regarding)\b)"
)
IS = r"\s+(?i:is|was|remains)\s+"
BEST = r"(?i:the )?(?i:best|strongest|winner|top (?:response|answer|choice)|number one|first)"
BETTER = rf"(?:{BEST}|(?i:the )?(?i:better|superior|stronger|preferable|preferred))"
EQUAL = (
    r"(?:about |roughly |essentially )?(?:equally (?:good|bad|strong|weak)"
    r"|of (?:equal|the same) quality|tied|equal in quality|on (?:a )?par)"
)
TIES = re.compile(
    rf"\b(?:both|the two|they|{NOUN}|[A-Z] and [A-Z])\b[^.]*\b(?:are|is) {EQUAL}\b"
    r"|\b(?:it|this|that|result|outcome|verdict|judge?ment|comparison) (?:is|ends in|should be|as)"
    r" a (?:tie|draw)\b|\b(?:call|declare|consider)(?: it| this)? a (?:tie|draw)\b",
    re.I,
)
CHAIN = re.compile(
    r"\b[A-Z](?:\s*[>≻]\s*[A-Z]\b)+"
    r"|\b(?i:ranking|order)\b[^A-Z]*[A-Z](?:\s*,\s*(?:and )?[A-Z]\b)+"
)
PLEDGE = (
    r"(?i:\b(?:prefer|favou?r|choose|pick|select|go with|goes to|in favou?r of"
    r"|(?:give|award)s? (?:the )?(?:win|edge|nod|preference) to)\s+)"
)
SCORE = re.compile(
    r"(?:\b(?:deserves|deserving|gets|earns|merits|warrants|receives|worth"
    r"|(?:response|answer|this) (?:is|should be) (?:given|rated|awarded|scored))"
    r"|^\W*(?:rated|scored)"
    r"|\bI(?:'(?:d|ll)| would| will)?(?: therefore| thus| hence)?"
    r" (?:give|rate|score|assign|award)"
    r"|\b(?:score|rating) (?:is|of)|\b(?:score|rating)\s*[:=])"
    r"(?: (?:it|this|the|one|response|answer|as|with|of|at|a|an|score|rating|overall|solid|full))*"
    r"\s+\[*(?P<n>\d{1,3})\]*(?:\s*(?:/|out of)\s*(?P<most>\d+))?(?: overall| here| in total)?"
    r"(?=\s*(?:$|[,:()]|\.(?!\d))|\s+(?:because|since|as|due|rather|instead|and)\b)(?P<after>.*)",
    re.I,
)


class Statement(NamedTuple):
    """What one clause says of the outcome, and whether it draws a conclusion."""

    value: str
    concludes: bool


def opinion(text: str, mode: Mode, responses: int, scale: Scale) -> str | None:
    """The outcome that an answer's analysis names in words; `None` where it names none plainly.

    Args:
        text: the whole answer, its verdict included.
        mode: a score is read as a number, a pair as A, B or C (equal), a ranking as its best.
        responses: how many were judged.
        scale: of scores.

    >>> opinion("Overall, Assistant B is better. Judgement: [[A]]", "pair", 2, Scale())
    'B'
    """
    said = list(_statements(analysis(text), mode, responses, scale))
    concluding = [each for each in said if each.concludes]
    values = {each.value for each in concluding or said}
    return values.pop() if len(values) == 1 else None


def analysis(text: str) -> str:
    """The words of an answer before its verdict: the analysis of its JSON object, or its prose."""
    start = text.find("{")
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found:
        parts = [v for k, v in found.items() if k.strip().lower() not in NOT_ANALYSIS]
        return BRACKETS.sub("", "\n".join(part for part in parts if isinstance(part, str)))
    return VERDICT_LINE.sub("", BRACKETS.sub("", text))


def _statements(text: str, mode: Mode, responses: int, scale: Scale) -> Iterator[Statement]:
    letters = LETTERS[:responses]
    for sentence in SENTENCE.split(MARKS.sub("", text[:20_000].replace("\u2019", "'"))):
        concludes = CONCLUSION.search(sentence) is not None
        for clause in CLAUSE.split(CONCESSION.sub("", sentence)):
            value = _score(clause, scale) if mode == "score" else _best(clause, mode, letters)
            if value is not None:
                yield Statement(value, concludes)


def _best(clause: str, mode: Mode, letters: str) -> str | None:
    """The letter that a clause names as the best, or `C` where it calls two equal."""
    tie = TIES.search(clause) if mode == "pair" else None
    if tie and not DOUBTFUL.search(clause) and not _aspect(clause[tie.end() :]):
        return TIE
    if mode == "batch" and (chain := _chain(clause, letters)) is not None:
        return chain
    found = set()
    for pattern in PATTERNS[mode]:
        for match in pattern.finditer(clause):
            groups = match.groupdict()
            letter = groups.get("x") or groups.get("y") or groups.get("z")
            plain = not DOUBTFUL.search(clause[: match.end()]) and not _aspect(
                clause[match.end() :]
            )
            if letter is not None and letter in letters and plain:
                found.add(letter)
    return found.pop() if len(found) == 1 else None


def _chain(clause: str, letters: str) -> str | None:
    """The first letter of a whole ranking that a clause writes down."""
    match = CHAIN.search(clause)
    named = re.findall(r"\b[A-Z]\b", match.group()) if match else []
    whole = sorted(named) == sorted(letters)
    return named[0] if whole and not DOUBTFUL.search(clause) else None


def _aspect(rest: str) -> bool:
    """Whether what follows a comparison limits it to one aspect."""
    limits = WHOLE.sub("", REASON.split(rest, maxsplit=1)[0])
    return ASPECT.search(limits) is not None or "?" in rest


def _score(clause: str, scale: Scale) -> str | None:
    found = set()
    for match in SCORE.finditer(clause):
        number, most = match["n"], match["most"]
        if most is not None and int(most) != scale.high:
            continue
        if DOUBTFUL.search(clause[: match.start("n")]) or " if " in match["after"]:
            continue
        if scale.low <= int(number) <= scale.high:
            found.add(str(int(number)))
    return found.pop() if len(found) == 1 else None


def _patterns(adjective: str, verbs: str, noun: str) -> tuple[re.Pattern[str], ...]:
    """Names before what makes them best, and after it."""
    which = r"(?: one| response| answer| choice)?(?: here| overall| of the (?:two|three|four|set))?"
    found = (
        rf"{NAME}{IS}{HOW}{adjective}{STOP}",
        rf"(?i:find|consider|judge)\s+{NAME}\s+(?:to be )?{HOW}{adjective}{STOP}",
        rf"{NAME}\s+{HOW}(?i:{verbs}){STOP}",
        rf"(?i:(?:{noun}){which}\s*(?:is|was|:|=)\s+(?:from |that of )?){NAMED}",
    )
    return tuple(re.compile(pattern) for pattern in found)


_BEATS = (
    rf"wins|comes out (?:on top|ahead)|(?:beats|outperforms|surpasses) (?:the )?(?:{NOUN} )?[A-Z]"
)
_FIRST = "wins|ranks first|comes (?:out )?(?:first|on top)|takes first place"
PATTERNS: dict[Mode, tuple[re.Pattern[str], ...]] = {
    "pair": (
        *_patterns(BETTER, _BEATS, "winner|best|strongest|better|stronger|superior|preferred"),
        re.compile(PLEDGE + NAMED),
    ),
    "batch": _patterns(BEST, _FIRST, "winner|best|strongest|preferred"),
}
