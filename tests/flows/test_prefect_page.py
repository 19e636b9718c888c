"""The ad-hoc form and a run, in Prefect's own page, with Chromium."""

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.conftest import ROOT, InProcess, Server
from tests.flows.test_deployments import deployment
from tests.flows.test_retry_in_the_page import picture

sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: browser tests skip")
pytestmark = pytest.mark.prove
SLOW_MS = 120_000  # two cores, a server and a browser


@pytest.fixture
def page() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium")
    with sync_api.sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        opened = browser.new_page(viewport={"width": 1280, "height": 1300})
        opened.set_default_timeout(SLOW_MS)
        yield opened
        browser.close()


def test_the_form_starts_a_run_with_what_was_filled_in(
    prefect_server: Server, request: pytest.FixtureRequest
) -> None:
    assert InProcess(ROOT, server=prefect_server.url)("deploy", "--pool", "nobody").code == 0
    page = request.getfixturevalue("page")  # its event loop is not there for what comes before
    made = deployment(prefect_server, "adhoc/adhoc")["id"]
    above = prefect_server.url.removesuffix("/api")
    page.goto(f"{above}/deployments/deployment/{made}/run", wait_until="domcontentloaded")
    page.get_by_text("At most so many samples, stratified.").wait_for()
    assert page.get_by_text("deployments/configs/demo.yaml").count() > 0
    page.get_by_role("button", name="Add item").click()
    page.locator("textarea").first.fill("bootstrap.replicates=200")
    page.get_by_text("int", exact=True).nth(1).click()
    page.locator("input[type=number]").last.fill("5")
    picture(page, "operations-form")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(f"**/deployment/{made}?**")
    started = _newest(prefect_server, made)
    assert started["parameters"]["limit"] == 5
    assert started["parameters"]["overrides"] == ["bootstrap.replicates=200"]
    assert started["parameters"]["config"] == "deployments/configs/demo.yaml"


def test_a_run_shows_its_name_its_tags_and_its_artifacts(
    quick: InProcess, prefect_server: Server, request: pytest.FixtureRequest
) -> None:
    ended = quick("run", quick.config(), "--limit", "20", "--run-dir", "shown")
    assert ended.code == 0, ended.err
    page = request.getfixturevalue("page")
    run = prefect_server.flow_run("shown")["id"]
    above = prefect_server.url.removesuffix("/api")
    page.goto(f"{above}/runs/flow-run/{run}", wait_until="domcontentloaded")
    for tag in ("config:config", "dataset:demo", "run:shown", "simulated"):
        page.get_by_text(tag, exact=True).first.wait_for()
    page.get_by_text("Artifacts", exact=True).first.click()
    page.get_by_text("judgeflow-leaderboard").first.click()
    page.get_by_text("sim (simulated)").first.wait_for()
    assert page.get_by_text("baseline:longer").count() > 0


def _newest(server: Server, deployment_id: str) -> dict[str, Any]:
    wanted = {"deployments": {"id": {"any_": [deployment_id]}}}
    for _ in range(40):
        found = server.post("/flow_runs/filter", wanted)
        if found:
            return dict(found[0])
        time.sleep(0.25)
    raise AssertionError("the page started no run")
