"""The batch endpoints of both providers: submitted work is answered after `batch_s` seconds.

Items are answered by the same rules as calls: faults by `rates` and `each`, counts by body. A
cancelled batch keeps what `batch_share` of its items had been answered; the rest expires.
"""

from __future__ import annotations

import datetime as dt
import email.parser
import email.policy
import hashlib
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.standin.counts import Counts
from tests.standin.faults import FINISHES, REJECTIONS, Script, rejection_body
from tests.standin.replies import read_request, reply_body, verdict

Item = tuple[str, dict[str, Any]]  # custom id and body
Result = tuple[str, int, dict[str, Any] | None]  # custom id, status, body; no body: expired
JSON = dict[str, Any]


@dataclass
class Batch:
    """A submitted batch."""

    id: str
    protocol: str
    items: list[Item]
    submitted: float
    metadata: JSON = field(default_factory=dict)
    cancelled: bool = False
    results: list[Result] | None = None


class Batches:
    """All batches and files of a stand-in."""

    def __init__(self, script: Callable[[], Script], counts: Callable[[], Counts]) -> None:
        self._script, self._counts = script, counts
        self._number = itertools.count(1)
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}

    def handle(self, method: str, path: str, content: bytes, kind: str) -> tuple[int, bytes] | None:
        """Status and body of the response; `None` where the path is none of ours."""
        match method, path.strip("/").split("/")[1:]:
            case "POST", ["files"]:
                return self._upload(content, kind)
            case "GET", ["files", name, "content"]:
                return (200, self.files[name]) if name in self.files else _absent()
            case "POST", ["batches"]:
                asked = json.loads(content)
                lines = self.files[asked["input_file_id"]].splitlines()
                rows = [json.loads(line) for line in lines]
                items = [(row["custom_id"], row["body"]) for row in rows]
                return self._submit("openai", items, asked.get("metadata") or {})
            case "POST", ["messages", "batches"]:
                rows = json.loads(content)["requests"]
                return self._submit("anthropic", [(r["custom_id"], r["params"]) for r in rows], {})
            case "GET", ["batches"] | ["messages", "batches"] as where:
                protocol = "openai" if len(where) == 1 else "anthropic"
                own = [b for b in self.batches.values() if b.protocol == protocol]
                data = [self._shown(batch) for batch in reversed(own)]
                return _json({"object": "list", "data": data, "has_more": False})
            case _, [*_, "batches", name] | [*_, "batches", name, "cancel" | "results"]:
                return self._one(self.batches.get(name), path.rsplit("/", 1)[-1])
        return None

    def _one(self, batch: Batch | None, what: str) -> tuple[int, bytes]:
        if batch is None:
            return _absent()
        if what == "cancel":
            batch.cancelled = True
        if what == "results":
            lines = [json.dumps(_anthropic_result(*one)) for one in self._ended(batch) or ()]
            return 200, "\n".join(lines).encode()
        return _json(self._shown(batch))

    def _upload(self, content: bytes, kind: str) -> tuple[int, bytes]:
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + content)
        (file,) = [p for p in message.iter_parts() if p.get_filename() is not None]
        name = f"file-{next(self._number)}"
        payload = file.get_payload(decode=True)
        assert isinstance(payload, bytes)
        self.files[name] = payload
        shown = {"id": name, "object": "file", "bytes": len(payload), "created_at": 1}
        return _json({**shown, "filename": "in.jsonl", "purpose": "batch", "status": "processed"})

    def _submit(self, protocol: str, items: list[Item], metadata: JSON) -> tuple[int, bytes]:
        name = f"{'batch' if protocol == 'openai' else 'msgbatch'}_{next(self._number)}"
        batch = Batch(name, protocol, items, time.monotonic(), metadata)
        self.batches[name] = batch
        self._counts().faults["batches"] += 1
        return _json(self._shown(batch))

    def _ended(self, batch: Batch) -> list[Result] | None:
        """The results of a batch that has ended; each item is answered once, when it ends."""
        done = time.monotonic() - batch.submitted >= self._script().batch_s
        if batch.results is None and (done or batch.cancelled):
            share = 1.0 if done else self._script().batch_share
            answered = round(share * len(batch.items))
            batch.results = [
                self._answered(batch, *item) if number < answered else (item[0], 0, None)
                for number, item in enumerate(batch.items)
            ]
        return batch.results

    def _answered(self, batch: Batch, custom_id: str, body: JSON) -> Result:
        content = json.dumps(body, sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()
        nth = self._counts().arrived(digest, "", {}, "")
        fault = self._script().fault(nth)
        asked = read_request(batch.protocol, content, digest)
        if asked is None or fault in REJECTIONS:
            kind = fault if fault in REJECTIONS else "bad-request"
            status, said = rejection_body(kind, batch.protocol, str(body.get("model")), "")
            return custom_id, status, json.loads(said)
        if fault == "expired":
            return custom_id, 0, None
        self._counts().completed(digest)
        text = verdict(asked, self._script().mode)
        return custom_id, 200, json.loads(reply_body(asked, text, FINISHES.get(fault, "stop")))

    def _shown(self, batch: Batch) -> JSON:
        results = self._ended(batch)
        if batch.protocol == "anthropic":
            return _anthropic_batch(batch, results)
        shown: JSON = {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions",
            "input_file_id": "file-0", "completion_window": "24h", "created_at": 1,
            "status": "in_progress", "metadata": batch.metadata,
        }  # fmt: skip
        if results is None:
            return shown
        shown["status"] = "cancelled" if batch.cancelled else "completed"
        for name, good in (("output_file_id", True), ("error_file_id", False)):
            lines = [json.dumps(_openai_result(*r)) for r in results if (r[1] == 200) is good]
            if lines:
                shown[name] = f"{batch.id}-{name}"
                self.files[shown[name]] = "\n".join(lines).encode()
        return shown


def _openai_result(custom_id: str, status: int, body: JSON | None) -> JSON:
    if body is None:
        error = {"code": "batch_expired", "message": "This request could not be executed in time."}
        return {"id": "r", "custom_id": custom_id, "response": None, "error": error}
    response = {"status_code": status, "request_id": "q", "body": body}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": None}


def _anthropic_result(custom_id: str, status: int, body: JSON | None) -> JSON:
    if body is None:
        return {"custom_id": custom_id, "result": {"type": "expired"}}
    if status != 200:
        return {"custom_id": custom_id, "result": {"type": "errored", "error": body}}
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": body}}


def _anthropic_batch(batch: Batch, results: list[Result] | None) -> JSON:
    now = dt.datetime.now(dt.UTC)
    counts = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 0)
    return {
        "id": batch.id, "type": "message_batch", "request_counts": counts,
        "processing_status": "in_progress" if results is None else "ended",
        "created_at": now.isoformat(), "expires_at": (now + dt.timedelta(days=1)).isoformat(),
        "results_url": None if results is None else f"/v1/messages/batches/{batch.id}/results",
    }  # fmt: skip


def _json(value: JSON) -> tuple[int, bytes]:
    return 200, json.dumps(value).encode()


def _absent() -> tuple[int, bytes]:
    return 404, b'{"error": {"message": "No such thing.", "type": "not_found_error"}}'
