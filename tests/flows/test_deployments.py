"""The deployments: one file, read by us and by Prefect, registered with a real server."""

import datetime as dt
import socket
import time
import urllib.error
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import registering
from tests.flows.conftest import ROOT, InProcess, Server

FILE = ROOT / "deployments/prefect.yaml"
NAMES = ["nightly/nightly", "nightly/weekly-full", "adhoc/adhoc", "rerun/rerun"]


@pytest.fixture
def from_checkout(prefect_server: Server) -> InProcess:
    """The command line in the checkout, against the session's server."""
    return InProcess(ROOT, server=prefect_server.url)


def deployment(server: Server, name: str) -> dict[str, Any]:
    flow, _, own = name.partition("/")
    found = server.post(
        "/deployments/filter",
        {"deployments": {"name": {"any_": [own]}}, "flows": {"name": {"any_": [flow]}}},
    )
    assert len(found) == 1, name
    return dict(found[0])


def status(server: Server, path: str, parameters: dict[str, Any]) -> int:
    """What the server answers to a form with these parameters."""
    try:
        server.post(path, {"parameters": parameters})
    except urllib.error.HTTPError as error:
        return error.code
    return 201


def own_file(folder: Path, **changes: Any) -> Path:
    """A file with one deployment of the demo's configuration."""
    entry = {
        "name": f"own-{uuid.uuid4().hex[:8]}",
        "entrypoint": "flows.adhoc.adhoc",
        "parameters": {"config": str(ROOT / "deployments/configs/demo.yaml")},
        "work_pool": {"name": "own"},
    }
    path = folder / "prefect.yaml"
    path.write_text(yaml.safe_dump({"deployments": [entry | changes]}))
    return path


def test_deploying_registers_every_entry_of_the_file(
    from_checkout: InProcess, prefect_server: Server
) -> None:
    for _ in range(2):  # the second time changes nothing
        ended = from_checkout("deploy", "--pool", "judgeflow-test", "--json")
        assert ended.code == 0, ended.err
    assert [row["deployment"] for row in ended.json["deployments"]] == NAMES
    entries = yaml.safe_load(FILE.read_text())["deployments"]
    for entry, name in zip(entries, NAMES, strict=True):
        found = deployment(prefect_server, name)
        assert found["entrypoint"] == entry["entrypoint"]
        assert found["parameters"] == entry.get("parameters", {})
        assert found["tags"] == entry["tags"]
        assert found["work_pool_name"] == "judgeflow-test"
        crons = [each["schedule"]["cron"] for each in found["schedules"]]
        assert crons == [each["cron"] for each in entry.get("schedules", [])]
        (step,) = found["pull_steps"]
        assert step["prefect.deployments.steps.set_working_directory"] == {"directory": str(ROOT)}
    nightly = deployment(prefect_server, "nightly/nightly")
    assert nightly["global_concurrency_limit"]["limit"] == 1
    assert nightly["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"


def test_the_form_offers_the_configurations_and_explains_every_field(
    from_checkout: InProcess, prefect_server: Server
) -> None:
    assert from_checkout("deploy", "--pool", "judgeflow-test").code == 0
    form = deployment(prefect_server, "adhoc/adhoc")["parameter_openapi_schema"]["properties"]
    assert all(field["description"] for field in form.values())
    choices = form["config"]["enum"]
    assert "deployments/configs/demo.yaml" in choices
    assert "deployments/configs/providers.yaml" not in choices
    assert form["max_usd"]["anyOf"] == [{"minimum": 0, "type": "number"}, {"type": "null"}]
    made = deployment(prefect_server, "adhoc/adhoc")["id"]
    for given, code in (({"max_usd": None, "limit": 3}, 201), ({"max_usd": -1}, 409)):
        assert status(prefect_server, f"/deployments/{made}/create_flow_run", given) == code


def test_a_schedule_is_planned_ahead(from_checkout: InProcess, prefect_server: Server) -> None:
    assert from_checkout("deploy", "--pool", "judgeflow-test").code == 0
    wanted = {
        "deployments": {"name": {"any_": ["nightly"]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    for _ in range(360):
        planned = prefect_server.post("/flow_runs/filter", wanted)
        if planned:
            break
        time.sleep(0.25)
    due = {run["expected_start_time"][11:19] for run in planned}
    assert due == {"02:00:00"}


def test_a_run_that_is_due_while_the_last_one_goes_on_is_cancelled(
    from_checkout: InProcess, prefect_server: Server
) -> None:
    assert from_checkout("deploy", "--pool", "judgeflow-test").code == 0
    made = deployment(prefect_server, "nightly/weekly-full")["id"]
    states = []
    for _ in range(2):
        run = prefect_server.post(f"/deployments/{made}/create_flow_run", {})
        pending = {"state": {"type": "PENDING", "name": "Pending"}}
        states.append(prefect_server.post(f"/flow_runs/{run['id']}/set_state", pending))
        assert set(run["tags"]) == {"judgeflow", "scheduled", "full"}
    assert states[0]["status"] == "ACCEPT"
    assert states[1]["state"]["type"] == "CANCELLED"
    assert "concurrency" in states[1]["state"]["message"].lower()


def test_a_run_missed_while_nobody_was_there_is_still_handed_out(
    quick: InProcess, prefect_server: Server
) -> None:
    pool = f"pool-{uuid.uuid4().hex[:8]}"
    file = own_file(quick.folder, name="missed")
    assert quick("deploy", "--file", file, "--pool", pool).code == 0
    made = deployment(prefect_server, "adhoc/missed")["id"]
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    due = {"type": "SCHEDULED", "state_details": {"scheduled_time": yesterday.isoformat()}}
    run = prefect_server.post(f"/deployments/{made}/create_flow_run", {"state": due})
    wanted = {"scheduled_before": dt.datetime.now(dt.UTC).isoformat()}
    handed = prefect_server.post(f"/work_pools/{pool}/get_scheduled_flow_runs", wanted)
    assert [each["flow_run"]["id"] for each in handed] == [run["id"]]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entrypoint": "flows/adhoc.py:adhoc"}, "entrypoint"),
        ({"entrypoint": "flows.nowhere.adhoc"}, "No module named 'flows.nowhere'"),
        ({"entrypoint": "flows.graph.load"}, "is not a flow"),
        ({"parameters": {"config": "absent.yaml"}}, "'absent.yaml' does not exist"),
        ({"parameters": {"config": "absent.yaml"}}, "change to the folder that holds the config"),
        ({"parameters": {"confg": "x"}}, "'confg' is not one of 'adhoc'"),
        ({"parameters": {"max_usd": -1}}, "max_usd"),
        ({"schedules": [{"cron": "at night"}]}, "at night"),
        ({"schedules": [{"cron": "0 2 * * *", "timezone": "Mars/Olympus"}]}, "Mars/Olympus"),
        ({"schedule": {"cron": "0 2 * * *"}}, "schedule"),
        ({"concurrency_limit": {"limit": 0}}, "limit"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(
    quick: InProcess, changes: dict[str, Any], told: str
) -> None:
    ended = quick("deploy", "--file", own_file(quick.folder, **changes))
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1


def test_serving_says_what_it_has_registered_as_json(
    quick: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "serve", lambda *_, **__: None)
    ended = quick("serve", "--file", own_file(quick.folder), "--json")
    assert ended.code == 0, ended.err
    (row,) = ended.json["deployments"]
    assert (row["deployment"].startswith("adhoc/own-"), row["runs at"]) == (True, "when asked")
    assert "serving; Ctrl-C ends it" in ended.err


def test_without_a_server_the_address_and_what_to_do_are_told(offline: InProcess) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        offline.server = f"http://127.0.0.1:{free.getsockname()[1]}/api"
    ended = offline("deploy", "--file", own_file(offline.folder))
    assert ended.code == 2
    assert offline.server in ended.err
    assert "PREFECT_API_URL" in ended.err
    assert ended.err.count("\n") == 1


def test_a_pool_of_another_type_is_refused(quick: InProcess, prefect_server: Server) -> None:
    prefect_server.post("/work_pools/", {"name": "containers", "type": "docker"})
    ended = quick("deploy", "--file", own_file(quick.folder), "--pool", "containers")
    assert ended.code == 2
    assert "'docker'" in ended.err


def test_a_webhook_that_is_no_address_is_not_repeated(quick: InProcess) -> None:
    ended = quick("deploy", "--file", own_file(quick.folder), "--notify", "hooks/secret-token")
    assert ended.code == 2
    assert "secret-token" not in ended.err


def test_the_units_start_what_the_file_needs() -> None:
    """The worker's pool is the file's, and no secret is shipped."""
    units = ROOT / "deployments/systemd"
    pools = {
        entry["work_pool"]["name"] for entry in yaml.safe_load(FILE.read_text())["deployments"]
    }
    assert pools == {"judgeflow"}
    worker = (units / "judgeflow-worker.service").read_text()
    assert "worker start --pool judgeflow --type process" in worker
    assert "judgeflow reap --wait 60 " in worker
    for name in ("server", "worker"):
        unit = (units / f"judgeflow-{name}.service").read_text()
        assert f"EnvironmentFile=/etc/judgeflow/{name}.env" in unit
        assert (units / f"{name}.env").is_file()
    assert "KEY=\n" in (units / "worker.env").read_text()
