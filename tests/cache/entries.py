"""Entries that tests of call caches store."""

from cache.keys import request_key
from cache.store import CallCache, new_entry
from data.records import Answer, Message, Request, TextPart, Usage


def ask(text: str, epoch: str = "base", model: str = "m") -> Request:
    message = Message(role="user", content=(TextPart(text=text),))
    return Request(
        provider="openai",
        endpoint="openai",
        model=model,
        messages=(message,),
        params={},
        epoch=epoch,
    )


def answer(text: str = "[[4]]") -> Answer:
    usage = Usage(input_tokens=10, output_tokens=3)
    return Answer(text=text, finish_reason="stop", usage=usage)


def put(cache: CallCache, request: Request, text: str = "[[4]]") -> str:
    key = request_key(request)
    cache.put(new_entry(key, request, answer(text)))
    return key
