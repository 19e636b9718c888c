"""A person's clicks in Prefect's own page: Retry and Cancel, seen by what the provider counts."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import InProcess, Server
from tests.flows.deployed import Deployed, deploy, flow_processes, wait_for_end, worker
from tests.flows.test_retries import (
    ITEMS,
    finished_once,
    parameters,
    quiet_calls,
    tell,
    wait_for_calls,
)
from tests.standin.control import StandinControl

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
pytestmark = [
    pytest.mark.prove,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
]
__all__ = ["parameters"]


@pytest.fixture(scope="module")
def nightly(prefect_server: Server) -> Deployed:
    return deploy(prefect_server, "clicks", "flows.nightly.nightly")


@pytest.fixture
def work(nightly: Deployed, tmp_path: Path) -> Iterator[int]:
    with worker(nightly, tmp_path) as process:
        yield process.pid


@pytest.fixture
def page() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            opened = browser.new_page(viewport={"width": 1400, "height": 1000})
            opened.set_default_timeout(120_000)
            yield opened
        finally:
            browser.close()


def show(page: Any, nightly: Deployed, flow_run: str, name: str) -> None:
    """Open a flow run's page, and keep a picture where the environment asks for it."""
    page.goto(f"{nightly.server.url.removesuffix('/api')}/runs/flow-run/{flow_run}")
    page.wait_for_load_state("networkidle")
    picture(page, name)


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("JUDGEFLOW_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def press(page: Any, word: str, warned: str, confirm: str) -> None:
    """Press a button of the page and then the one that confirms it."""
    page.get_by_role("button", name=word, exact=True).first.click()
    page.get_by_text(warned).first.wait_for()
    page.get_by_role("button", name=confirm, exact=True).last.click()


def test_pressing_retry_asks_only_what_is_open(
    nightly: Deployed,
    work: int,
    page: Any,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(sequence=["ok"] * 17 + ["503"] * 10_000)
    run = nightly.start(parameters)
    assert nightly.ended(run)["type"] == "FAILED"
    before = standin.stats()
    show(page, nightly, run, "failed")
    page.get_by_text("requests have no answer").first.wait_for()
    standin.script()
    started = time.monotonic()
    press(page, "Retry", "This will retry flow run", "Retry")
    nightly.wait(run, "RUNNING", "COMPLETED")
    assert nightly.ended(run)["type"] == "COMPLETED"
    tell("Retry in the page", standin, retry=time.monotonic() - started)
    assert standin.stats()["total"] - before["total"] == ITEMS - before["completed"]
    finished_once(quick, standin)
    show(page, nightly, run, "retried")


def test_pressing_cancel_stops_the_calls(
    nightly: Deployed,
    work: int,
    page: Any,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(latency=1.0)
    run = nightly.start(parameters)
    wait_for_calls(standin, 4)
    (flow,) = flow_processes(work)
    show(page, nightly, run, "running")
    started = time.monotonic()
    press(page, "Cancel", "This will put flow run", "Confirm")
    stopped = wait_for_end([flow], 60)
    assert standin.stats()["total"] < ITEMS
    quiet_calls(standin)
    assert nightly.ended(run)["type"] == "CANCELLED"
    tell("Cancel in the page", standin, stopped=stopped, in_all=time.monotonic() - started)
