"""Whether a judge's answer says that there is nothing to see: a text rule, and what it leaves out.

Read are plain statements of the judge's own, in English, about the whole picture: it is blank,
black, only noise, missing, not visible, cannot be seen. Denials ("is not blank"), conditions,
doubts, questions, what a response is said to claim, and parts of a picture ("the left half of the
image is empty") are none. A judge that notices and says nothing, or says it in other words, is not
found; one that complains about a real picture in these words is a false alarm, which is why the
share is measured with the picture as it is too.
"""

from __future__ import annotations

import re

LONGEST = 20_000  # characters of an answer that are read
SENTENCE = re.compile(r"(?<=[.!?])\s+|[\n;]+")
CLAUSE = re.compile(
    r",\s+|\s+(?:because|since|so|but|yet|however|although|though|while|whereas|given that)\s+",
    re.I,
)
ESCAPED = re.compile(r"\\[nrt\"]|[*_`#\"\u201c\u201d]+")  # of JSON, and Markdown's

_THING = r"(?:image|picture|photo|photograph|figure|screenshot|illustration|chart|graph|diagram)s?"
_GIVEN = (
    r"(?:\s+(?:provided|given|shown|attached|supplied|above|below|here|file|itself|in question"
    r"|that (?:was|is|has been) (?:provided|given|attached|sent|shown)))?"
)
_SUBJECT = rf"{_THING}{_GIVEN}"
_IS = (
    r"\s+(?:is|was|are|appears(?: to be)?|seems(?: to be)?|looks(?: to be)?|has been"
    r"|(?:comes?|came) (?:out|up|through) as|renders? as)\s+"
)
_HOW = (
    r"(?:(?:just|only|simply|merely|actually|almost|nearly|completely|entirely|totally|fully|all"
    r"|solid|solidly|plain|pure|purely|uniform|uniformly|effectively|essentially|apparently)\s+)*"
)
_END = (
    r"(?=\W*$|\s*[,.:;()!\]}]|\s+(?:and(?!\s+white)|so|because|since|which|or(?!\s+white)|here"
    r"|to me|in this case|with (?:no|nothing)|without)\b)"
)
_COLOUR = r"(?:black|gr[ae]y|white|dark)"
_NOISE = r"(?:(?:random|pure|visual|colou?red|pixel(?:ated)?|static)\s+)*(?:noise|static)\b"
_SHOWN = r"(?:visible|available|provided|shown|displayed|attached|included|present|there|viewable)"
_PLAIN = r"(?:(?:visible|discernible|recogni[sz]able|meaningful|actual|clear)\s+)*"
_MATTER = r"(?:contents?|information|details?|objects?|elements?|features?|data)"
_INSIDE = rf"(?:\s+(?:in|on|within)\s+(?:the|this)\s+{_SUBJECT})?"
_NOT = r"(?:\s+(?:does|do|did|is|was|has)\s+not|\s+(?:does|do|did|is|was|has)n't)"
_SEES = r"(?:see|view|access|open|find|look at|inspect)"
_PICTURE = r"(?:image|picture|photo|photograph|figure|screenshot)s?"

PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b{_SUBJECT}{_IS}{_HOW}(?:blank|empty|{_COLOUR}|missing|unavailable|absent|invisible){_END}",
        rf"\b{_SUBJECT}{_IS}{_HOW}{_NOISE}",
        rf"\b{_SUBJECT}{_NOT}\s+(?:{_SHOWN}|been {_SHOWN}|load(?:ed)?|render(?:ed)?|appear){_END}",
        rf"\b{_SUBJECT}{_NOT}\s+(?:show|contain|display|depict|have)\s+"
        rf"(?:anything|any\s+{_PLAIN}{_MATTER}){_END}",
        rf"\b(?:a|an|the|this|is)\s+{_HOW}(?:blank|black|gr[ae]y|white)\s+{_PICTURE}{_END}",
        r"\b(?:only|nothing but|just|merely|simply)\s+(?:(?:see|shows?|contains?|displays?|is)\s+)?"
        rf"(?:an?\s+|the\s+)?{_HOW}(?:blank|{_COLOUR})\s+"
        r"(?:image|picture|screen|square|rectangle|canvas|field|box|background|surface)",
        rf"\b(?:only|nothing but|just|merely|simply)\s+{_NOISE}",
        rf"\bnothing(?:\s+(?:is|was|can be|to be|to))?\s+(?:visible|seen|see|shown|discernible"
        rf"|depicted|displayed)(?:\s+at all)?{_INSIDE}{_END}",
        rf"\b{_SUBJECT}\s+(?:shows?|contains?|displays?|depicts?)\s+(?:absolutely\s+)?nothing{_END}",
        rf"\bno\s+{_PLAIN}{_PICTURE}(?:\s+(?:is|was|has been|(?:seems|appears) to be))?\s+{_SHOWN}",
        rf"\bthere\s+(?:is|was)\s+no\s+{_PLAIN}{_PICTURE}{_END}",
        rf"\b(?:there\s+(?:is|are)|has|have|shows?|contains?|with)\s+no\s+(?:visible|discernible"
        rf"|recogni[sz]able)\s+{_MATTER}{_INSIDE}{_END}",
        r"\b(?:can(?:no|')t|can not|could not|couldn't|unable to|not able to|do not|don't|did not"
        rf"|didn't)\s+(?:actually\s+)?{_SEES}\s+(?:(?:any|an|the|this|that|your|provided|attached)\s+)*"
        rf"{_PICTURE}{_END}",
    )
)
DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\bneither|\bnor|\brather than|\bunlike)(?:\s+\w+){0,2}\s*$"
)
DOUBTED = re.compile(
    r"\b(?:if|whether|unless|doubt\w*|suppos\w+|assum\w+|imagine|pretend\w*)\b"
    r"|(?:\bnot|n't|\bnever|\bnothing)\s+(?:\w+\s+){0,2}(?:think|believe|suggests?|indicates?|say"
    r"|mean|the case)\b",
    re.I,
)
CLAIMED = re.compile(
    r"\b(?:claim|say|said|state|assert|insist|argue|suggest|mention|note|report|imply|implie|describe"
    r"|pretend)(?:s|d|ed|ing)?\b|\b(?:wrongly|incorrectly|falsely)\b",
    re.I,
)
AGREED = re.compile(r"\b(?:correctly|rightly|accurately)\b", re.I)
WITHIN = re.compile(  # what is blank is something in or of the picture
    r"\b(?:in|on|of|from|within|inside|with|for|by|to)\s+(?:the|this|that|each|its|both|an?)\s+"
    r"(?:(?!the\b|this\b|that\b)\w+[\s-]+){0,2}$",
    re.I,
)


def says_blank(text: str) -> bool:
    """Whether an answer says plainly that the picture shows nothing or is not there.

    >>> says_blank('{"Analysis": "The image is completely black, so nothing can be checked."}')
    True
    >>> says_blank("The image is not blank. Response A claims that the chart is empty.")
    False
    """
    plain = ESCAPED.sub(" ", text[:LONGEST].replace("\u2019", "'"))
    return any(
        _stated(clause)
        for sentence in SENTENCE.split(plain)
        if not sentence.rstrip().endswith("?")
        for clause in CLAUSE.split(sentence)
    )


def _stated(clause: str) -> bool:
    for pattern in PATTERNS:
        for match in pattern.finditer(clause):
            before = clause[: match.start()]
            claimed = CLAIMED.search(before) and not AGREED.search(before)
            if not (
                claimed or DENIED.search(before) or DOUBTED.search(before) or WITHIN.search(before)
            ):
                return True
    return False
