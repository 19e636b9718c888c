"""A stand-in for providers: a real HTTP server on this machine that speaks both protocols.

`python -m tests.standin.server --port 0 --latency 0.05` prints `{"port": …, "url": …}` on a line.
`POST /v1/chat/completions`, `POST /v1/messages` and `GET /v1/models` answer as providers do;
`GET /_stats` counts, `POST /_script` sets faults and latency (fields of `faults.Script`),
`POST /_reset` forgets both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from tests.standin.batches import Batches
from tests.standin.counts import Counts
from tests.standin.faults import (
    BROKEN,
    FINISHES,
    PACED,
    REJECTIONS,
    Script,
    new_script,
    rejection_body,
    unsupported_body,
)
from tests.standin.replies import Asked, read_request, reply_body, verdict

LARGEST_BODY = 64 * 1024 * 1024
PATHS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


class Standin:
    """The server's state and its answers."""

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency
        self.counts = Counts()
        self.script = Script(latency=latency)
        self.batches = Batches(lambda: self.script, lambda: self.counts)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The response to any request."""
        protocol = PATHS.get(request.path)
        if protocol is None or request.method != "POST":
            return await self._control(request)
        counts = self.counts  # a reset may come in between
        counts.enter()
        try:
            return await self._call(request, protocol, counts)
        finally:
            counts.leave()

    async def _call(
        self, request: web.BaseRequest, protocol: str, counts: Counts
    ) -> web.StreamResponse:
        if self.script.sequence[:1] == ["drop-before"]:
            self.script.sequence.pop(0)
            counts.dropped_unread()
            return _cut(request)
        content = await request.read()
        digest = hashlib.sha256(content).hexdigest()
        key = request.headers.get("Authorization", request.headers.get("x-api-key", ""))
        nth = counts.arrived(digest, key, dict(request.headers), request.query_string)
        asked = read_request(protocol, content, digest)
        if asked is None:
            return _json(*rejection_body("bad-request", protocol, "", ""))
        counts.saw_images(asked.images)
        script = self.script
        for name in script.refuses:
            if f'"{name}":'.encode() in content:
                counts.faults["unsupported"] += 1
                status, body = unsupported_body(name, protocol)
                return _json(status, body)
        if script.allowing is not None and not script.allowing.take():
            counts.beyond()
            status, body = rejection_body("429", protocol, asked.model, key)
            told = {"Retry-After": script.retry_after, **script.allowing.told()}
            return _json(status, body, told)
        fault = script.fault(nth)
        if script.latency:
            await asyncio.sleep(script.latency)
        if fault in BROKEN:
            counts.faults[fault] += 1
            return await _broken(request, fault, asked, script)
        if fault in REJECTIONS:
            counts.faults[fault] += 1
            status, body = rejection_body(fault, protocol, asked.model, key)
            paced = {"Retry-After": script.retry_after} if fault in PACED else None
            return _json(status, body, paced)
        counts.faults[fault] += fault != "ok"
        counts.completed(digest)  # a 2xx with a whole body: from here on the call is paid
        kind = "text/html" if fault in {"html", "wrong-type"} else "application/json"
        left = script.allowing.told() if script.allowing else {}
        return web.Response(body=_body(fault, asked, script), content_type=kind, headers=left)

    async def _control(self, request: web.BaseRequest) -> web.Response:
        match (request.method, request.path):
            case ("GET", "/_stats"):
                return _json(200, json.dumps(self.counts.shown()).encode())
            case ("POST", "/_script"):
                try:
                    self.script = new_script(await request.json(), self._latency)
                except (TypeError, ValueError) as error:
                    return _json(400, json.dumps({"error": str(error)}).encode())
                return _json(200, json.dumps(asdict(self.script)).encode())
            case ("POST", "/_reset"):
                self.counts, self.script = Counts(), Script(latency=self._latency)
                self.batches = Batches(lambda: self.script, lambda: self.counts)
                return _json(200, b"{}")
            case ("GET", "/v1/models"):
                models = [{"id": "standin", "object": "model", "owned_by": "nobody"}]
                return _json(200, json.dumps({"object": "list", "data": models}).encode())
        content, kind = await request.read(), request.headers.get("Content-Type", "")
        found = self.batches.handle(request.method, request.path, content, kind)
        if found is not None:
            return _json(*found)
        return _json(404, b'{"error": {"message": "Not here.", "code": "not_found"}}')


@contextlib.asynccontextmanager
async def serving(port: int = 0, latency: float = 0.0) -> AsyncIterator[int]:
    """The port on which a stand-in answers while the context is open; this machine only."""
    loop = asyncio.get_running_loop()

    def make(
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        return web.BaseRequest(
            message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY
        )

    server = web.Server(Standin(latency).handle, request_factory=make)
    runner = web.ServerRunner(server, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=2048).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _body(fault: str, asked: Asked, script: Script) -> bytes:
    """The body of a 2xx."""
    text = script.text() if fault in {"ok", "wrong-type"} else None
    text = verdict(asked, script.mode) if text is None else text
    if fault == "thinking":
        return reply_body(asked, "", "length", reasoning=64)
    if fault in FINISHES:
        text = text[: len(text) // 2] if fault == "truncated" else "I cannot judge this."
        return reply_body(asked, text, FINISHES[fault])
    match fault:
        case "html":
            return HTML
        case "not-json":
            return reply_body(asked, text)[:-3]
        case "wrong-shape":
            return b'{"object": "nothing", "data": []}'
        case "error-in-200":
            return json.dumps({"error": script.error}).encode()
        case "empty":
            return reply_body(asked, "")
    if script.versions:
        model = script.versions[int(asked.digest[:8], 16) % len(script.versions)]
        return reply_body(asked, text, model=model)
    return reply_body(asked, text)


async def _broken(
    request: web.BaseRequest, fault: str, asked: Asked, script: Script
) -> web.StreamResponse:
    """No whole response: silence, half of one, or something else."""
    match fault:
        case "stall":
            await asyncio.sleep(script.stall_s)
        case "half-body":
            return await _half(request, reply_body(asked, verdict(asked, script.mode)))
        case "not-http":
            if request.transport is not None:
                request.transport.write(b"220 mail.example ESMTP\r\n\r\n")
            return _cut(request, flush=True)
        case "redirect":
            return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/v1"})
    return _cut(request)


def _json(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _cut(request: web.BaseRequest, flush: bool = False) -> web.Response:
    """Close the connection; the response that the framework asks for goes nowhere."""
    if request.transport is not None:
        request.transport.close() if flush else request.transport.abort()
    return web.Response()


async def _half(request: web.BaseRequest, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _main(options: argparse.Namespace) -> None:
    async with serving(options.port, options.latency) as port:
        line: dict[str, Any] = {"port": port, "url": f"http://127.0.0.1:{port}"}
        print(json.dumps(line), flush=True)
        if options.until_eof:
            await asyncio.to_thread(sys.stdin.read)
        else:
            await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for model providers.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each reply")
    parser.add_argument("--until-eof", action="store_true", help="stop when stdin closes")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))
