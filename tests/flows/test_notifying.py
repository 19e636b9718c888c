"""A scheduled run that fails is told to a webhook by a real Prefect server."""

import json
import queue
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.flows.conftest import InProcess, Server
from tests.flows.test_deployments import deployment, own_file


@dataclass
class Hook:
    """A small server that keeps what is posted to it."""

    url: str
    posts: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)


@pytest.fixture
def hook() -> Iterator[Hook]:
    kept = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posts.put({"path": self.path, **json.loads(body)})
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook/token"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def ended_run(server: Server, name: str, kind: str, message: str) -> dict[str, Any]:
    """A run of the deployment, set to a state as a worker would."""
    made = deployment(server, f"adhoc/{name}")["id"]
    run: dict[str, Any] = server.post(f"/deployments/{made}/create_flow_run", {})
    for state in ("PENDING", "RUNNING"):
        server.post(f"/flow_runs/{run['id']}/set_state", {"state": {"type": state}})
    last = {"state": {"type": kind, "message": message}}
    server.post(f"/flow_runs/{run['id']}/set_state", last)
    return run


def test_the_webhook_hears_of_failures_of_scheduled_runs_and_of_nothing_else(
    quick: InProcess, prefect_server: Server, hook: Hook
) -> None:
    watched, other = f"watched-{uuid.uuid4().hex[:6]}", f"other-{uuid.uuid4().hex[:6]}"
    for name, tags in ((watched, ["scheduled"]), (other, ["adhoc"])):
        file = own_file(quick.folder, name=name, tags=tags)
        ended = quick("deploy", "--file", file, "--notify", hook.url)
        assert ended.code == 0, ended.err
        assert "token" not in ended.out + ended.err
    ended_run(prefect_server, other, "FAILED", "nobody's business")
    ended_run(prefect_server, watched, "COMPLETED", "all is well")
    said = 'regression: "gpt" lost 0.1 <points>'
    run = ended_run(prefect_server, watched, "FAILED", said)
    told = hook.posts.get(timeout=30)
    assert told["path"] == "/hook/token"
    assert (told["run"], told["deployment"], told["state"]) == (run["name"], watched, "Failed")
    assert told["message"] == said
    assert said in told["text"]
    assert hook.posts.empty()
