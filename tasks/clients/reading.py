"""Reads values out of providers' JSON: of the expected type, or `None`."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def whole(value: Any) -> int | None:
    """The value if it is a count: a whole number that is not negative."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def prose(value: Any) -> str | None:
    """The value if it is text, with lone surrogates, which no file can hold, as `?`."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode("utf-8")


def text_of(content: Any) -> str | None:
    """The text of a message's content: a string, or the text parts of a list; `None` otherwise.

    >>> text_of([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "4"}])
    '4'
    """
    if not isinstance(content, list):
        return prose(content)
    texts = (prose(part.get("text")) for part in content if mapping(part).get("type") == "text")
    return "".join(text for text in texts if text is not None)
