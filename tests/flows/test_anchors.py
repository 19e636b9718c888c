"""Anchors from the command line: chosen, quoted, asked in a nightly, and a signal that fails it."""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from tasks.config_file import load_config
from tasks.stages.context import resolved
from tests.flows.conftest import InProcess, Server
from tests.nights.nightly import nightly

PAIRS: dict[str, Any] = {"modes": ["pair"], "limit": 4}


def today() -> dt.date:
    """The night that a nightly of the command line is of."""
    return dt.datetime.now(dt.UTC).date()


def judge(**doses: Any) -> dict[str, Any]:
    return {"name": "sim", "client": "simulated", "simulation": {"accuracy": 0.9, **doses}}


def test_anchors_are_chosen_once_quoted_and_asked_by_the_nightly_alone(quick: InProcess) -> None:
    path = quick.config(judges=[judge()], anchors={"path": "anchors", "size": 40}, **PAIRS)
    missing = quick("run", path)
    assert missing.code == 2
    assert "`judgeflow anchors init CONFIG` chooses them" in missing.err
    made = quick("anchors", "init", path, "--json").json
    assert (made["chosen"], sum(made["canaries"].values())) == (40, 2)
    again = quick("anchors", "init", path)  # what is frozen is not overwritten
    assert again.code == 2
    assert "there are anchors in" in again.err
    assert "name another folder as `anchors.path`" in again.err
    lines = quick("plan", path, "--json").json["lines"]
    assert sum(line["requests"] for line in lines if line["probe"] == "anchors") == 42
    assert quick("plan", path, "--no-probes", "--json").json["total"]["requests"] == 4
    ended = quick("run", path, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["drift"]["lines"] == ["sim (simulated): learning, 1 of 20 nights"]
    told = quick("anchors", "status", path, "--json").json
    assert told["judges"][0]["last_night"] == today().isoformat()
    assert "signals falsely with probability 0.05 at most" in told["promise"]
    figures = quick("history", "show", "--json").json
    assert {row["measure"] for row in figures} == {"accuracy", "anchor_agreement"}
    assert {(row["flow"], row["limit"]) for row in figures} == {("nightly", PAIRS["limit"])}
    refused = quick("anchors", "accept", path, "--why", "x", "--judge", "sim", "--keep-baseline")
    assert refused.code == 2
    assert "has no baseline yet" in refused.err
    rebuilt = quick("history", "rebuild", "--json").json
    assert (rebuilt["runs"], rebuilt["left_out"]) == (1, {})


def test_a_signal_fails_the_nightly_until_it_is_accepted(
    quick: InProcess, prefect_server: Server
) -> None:
    changes = {today().isoformat(): {"accuracy": 0.0}}
    rule = {"baseline_runs": 5, "false_alarms": 0.5, "nights": 1}
    path = quick.config(
        judges=[judge(drifts=changes)], drift=rule,
        anchors={"path": "anchors", "size": 80}, **PAIRS,
    )  # fmt: skip
    assert quick("anchors", "init", path).code == 0
    loaded = resolved(load_config(path), path.parent)
    for ago in range(5, 0, -1):
        nightly(loaded, (today() - dt.timedelta(ago)).isoformat())
    ended = quick("run", path, "--json")
    assert ended.code == 1
    assert f"judge 'sim' (simulated): drift since {today()}: anchor_agreement" in ended.err
    assert "their change: nothing that we send or read has changed" in ended.err
    run = Path(ended.json["run_dir"])
    flow_run = prefect_server.flow_run(run.name)
    assert flow_run["state_type"] == "FAILED"
    assert "drift since" in flow_run["state"]["message"]
    (shown,) = prefect_server.post(
        "/artifacts/filter",
        {
            "artifacts": {
                "key": {"any_": ["judgeflow-drift"]}, "flow_run_id": {"any_": [flow_run["id"]]},
            }
        },
    )  # fmt: skip
    assert "**judge 'sim' (simulated): drift since" in shown["data"]
    assert "signals falsely with probability 0.5 at most" in shown["data"]
    assert "<svg" in (run / "report.html").read_text().split('<section id="nights">')[1]
    accepted = quick("anchors", "accept", path, "--why", "known", "--json").json
    assert accepted == {"accepted": ["sim"], "charts": ["sim (simulated): learning, 0 of 5 nights"]}
    assert "learning" in quick("anchors", "status", path).out
    warned = yaml.safe_load(path.read_text()) | {"drift": {**rule, "on_signal": "warn"}}
    path.write_text(yaml.safe_dump(warned))
    assert quick("run", path, "--run-dir", "elsewhere").code == 0
