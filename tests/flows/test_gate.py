"""The gate at the end of a nightly, as a user and a scheduler see it; the history beside it."""

import json
from pathlib import Path
from typing import Any

from tests.flows.conftest import InProcess, Server
from tests.tasks.gate.runs import a_run, gated, worse

JUDGE = {"name": "sim", "client": "simulated"}


def night(quick: InProcess, name: str, accuracy: float) -> Path:
    """A configuration whose judge is right that often, on few scores and one short probe."""
    judge = JUDGE | {"simulation": {"accuracy": accuracy, "noise": 0.0}}
    return quick.config(name, judges=[judge], modes=["score"], limit=60)


def test_a_nightly_that_has_become_worse_fails_with_one_line_and_can_be_accepted(
    quick: InProcess, prefect_server: Server
) -> None:
    first = quick("run", night(quick, "one", 0.95), "--run-dir", "runs/1")
    assert first.code == 0, first.err
    assert "gate: no baseline" in first.out

    fell = quick("run", night(quick, "two", 0.2), "--run-dir", "runs/2", "--json")
    assert fell.code == 1
    (line,) = [each for each in fell.err.splitlines() if each.startswith("judgeflow: ")]
    assert line.startswith("judgeflow: regression: judge 'sim' (simulated), score: pearson ")
    assert "against run 1; our change: configuration (judge sim)" in line
    flow = prefect_server.flow_run("2")
    assert flow["state_name"] == "Failed"
    assert "regression: judge 'sim'" in flow["state"]["message"]
    artifacts = prefect_server.post(
        "/artifacts/filter",
        {"artifacts": {"key": {"any_": ["judgeflow-gate"]}, "flow_run_id": {"any_": [flow["id"]]}}},
    )
    assert artifacts[0]["data"].startswith("# Gate: regression")
    facts = json.loads((quick.folder / "runs/2/run.json").read_text())
    assert (facts["status"], facts["exit_code"], facts["gate"]["status"]) == (
        "regression", 1, "regression",
    )  # fmt: skip
    assert fell.json["gate"]["status"] == "regression"
    page = (quick.folder / "runs/2/report.html").read_text()
    assert '<section id="gate">' in page
    assert "regression: judge &#39;sim&#39; (simulated)" in page

    again = quick("rerun", "runs/2", "--stage", "measure")
    assert (again.code, "gate: regression: judge 'sim'" in again.out) == (1, True)
    facts = json.loads((quick.folder / "runs/2/run.json").read_text())
    assert (facts["status"], facts["exit_code"]) == ("regression", 1)

    accepted = quick("resume", "runs/2", "--accept-baseline")
    assert accepted.code == 0, accepted.err
    assert "gate: accepted by a person: regression" in accepted.out


def test_a_run_without_a_gate_is_resumed_without_one(quick: InProcess) -> None:
    plain = quick("run", night(quick, "plain", 0.95), "--no-probes", "--run-dir", "runs/9")
    assert plain.code == 0, plain.err
    resumed = quick("resume", "runs/9")
    assert (resumed.code, "gate: " in resumed.out) == (0, False)
    assert "gate" not in json.loads((quick.folder / "runs/9/run.json").read_text())
    refused = quick("resume", "runs/9", "--accept-baseline")
    assert (refused.code, "is for runs with a gate" in refused.err) == (2, True)


def three(folder: Path) -> Path:
    """Three runs in `runs`: good, worse, and one without an end."""
    gated(a_run(folder, 1))
    gated(a_run(folder, 2, **worse()))
    a_run(folder, 3)
    return folder / "runs"


def test_compare_exits_1_on_a_regression_and_0_on_the_same(offline: InProcess) -> None:
    three(offline.folder)
    fell = offline("compare", "runs/01", "runs/02", "--out", "found.json")
    assert fell.code == 1
    assert "regression: judge 'sim' (simulated), score: pearson" in fell.err
    assert "02 minus 01: 96 samples in common" in fell.out
    assert "exploratory: " in fell.out
    found: dict[str, Any] = json.loads((offline.folder / "found.json").read_text())
    assert (found["verdict"], found["items"]["common"]) == ("regression", 96)
    same = offline("compare", "02", "02", "--json")
    assert same.code == 0
    assert {row[key] for row in same.json["rows"] for key in ("value", "low", "high")} == {0}
    better = offline("compare", "02", "01")
    assert better.code == 0
    unfinished = offline("compare", "01", "03")
    assert (unfinished.code, unfinished.out) == (2, "")
    assert "run '03' is not finished (running)" in unfinished.err
    assert offline("compare", "01", "nope").code == 2


def test_the_history_lists_shows_and_pins(offline: InProcess) -> None:
    root = three(offline.folder)
    (root / "thesis").mkdir()
    listed = offline("runs", "list", "--json")
    assert [each["run"] for each in listed.json["runs"]] == ["01", "02", "03"]
    assert [each["gate"] for each in listed.json["runs"]] == ["first", "regression", None]
    assert [each["last_good_for"] for each in listed.json["runs"]] == [["sim"], [], []]
    assert (
        listed.json["runs"][0]["judges"][0]["score"] > listed.json["runs"][1]["judges"][0]["score"]
    )
    assert "thesis is no run: it has no run.json" in listed.err
    assert "sim (simulated)" in offline("runs", "list").out

    story = offline("runs", "show", "02").out
    assert "\ngate: regression: judge 'sim'" in story
    assert "\ngate (first): no baseline: " in offline("runs", "show", "01").out
    assert "no baseline for sim: it ended as a regression" in story
    pinned = offline("runs", "pin", "02", "--why", "the new prompt is meant")
    assert pinned.out.strip() == "02 is kept, and is the last good run of sim"
    assert "pinned: the new prompt is meant" in offline("runs", "show", "02").out
    assert "never a baseline" in offline("runs", "pin", "03").out
    assert offline("runs", "unpin", "02", "--json").json["last_good_for"] == []
    assert offline("runs", "list", "--json").json["runs"][0]["last_good_for"] == ["sim"]


def test_a_run_goes_by_its_name_or_its_folder_and_runs_by_where_they_are_named(
    offline: InProcess,
) -> None:
    root = three(offline.folder)
    for command, run in (("card", "02"), ("card", root / "02"), ("view", "2"), ("report", "02")):
        assert offline(command, run, "--json").code == 0
    unknown = offline("resume", "nosuch")
    assert unknown.code == 2
    assert "there is no run 'nosuch' in 'runs'; the latest" in unknown.err
    told = offline("runs", "list", "--json").json
    root.rename(offline.folder / "moved")
    words: tuple[str, ...]
    for words in (("runs", "list", "--runs", "moved"), ("runs", "--runs", "moved", "list")):
        assert offline(*words, "--json").json == told
    assert offline("runs", "show", "02", "--runs", "moved").code == 0
    assert offline("compare", "moved/01", "02", "--runs", "moved").code == 1


def test_differences_of_two_runs_are_said_in_words(offline: InProcess) -> None:
    three(offline.folder)
    role = offline.folder / "runs/02/prompts/role.txt"
    role.write_text(role.read_text().replace("e", "E", 1))
    said = offline("runs", "diff", "01", "02").out
    assert "  judges.sim.simulation.accuracy: 0.9 -> 0.3" in said
    assert "prompt role.txt:" in said
    assert "data: nothing differs" in said
    assert str(offline.folder) not in said


def test_prune_keeps_what_must_be_kept_and_only_names_the_rest_at_first(offline: InProcess) -> None:
    root = three(offline.folder)
    gated(a_run(offline.folder, 4, **worse()))
    offline("runs", "pin", "02")
    assert offline("runs", "prune").code == 2
    dry = offline("runs", "prune", "--keep", "0", "--json").json
    assert (dry["matching"], dry["deleted"]) == (["01", "03", "04"], [])
    assert dry["kept"] == {"02": "it is pinned"}
    assert (
        offline("runs", "prune", "--keep", "1", "--older-than", "100000", "--json").json["matching"]
        == []
    )
    from data.run_lock import RunLock

    with RunLock(root / "03"):
        gone = offline("runs", "prune", "--keep", "1", "--yes", "--json").json
    assert gone["deleted"] == ["01"]
    assert "is being worked on by process" in gone["kept"]["03"]
    assert sorted(each.name for each in root.iterdir()) == ["02", "03", "04"]


def test_reparsing_makes_the_gate_again(offline: InProcess) -> None:
    root = three(offline.folder)
    facts = json.loads((root / "02/run.json").read_text())
    facts["gate"]["said"] = "of another time"
    facts["status"] = "complete"
    (root / "02/run.json").write_text(json.dumps(facts))
    assert offline("reparse", "runs/02", "--json").json["gate"].startswith("regression: ")
    facts = json.loads((root / "02/run.json").read_text())
    assert (facts["status"], facts["exit_code"]) == ("regression", 1)
