"""The whole nightly graph offline."""

from tests.flows.conftest import InProcess, Server, Terminal


def test_the_demo_twice_asks_nothing_the_second_time_and_gives_equal_bytes(
    judgeflow: Terminal, quick: InProcess, prefect_server: Server
) -> None:
    where = ("--set", "bootstrap.replicates=200", "--set", f"cache={judgeflow.folder / 'cache'}")
    first = judgeflow("demo", "--run-dir", "one", "--json", "--set", "shard_size=150", *where)
    second = quick("demo", "--run-dir", "two", "--json", *where)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.json["counts"]["sent"] == first.json["counts"]["planned"] > 2000
    assert second.json["counts"]["sent"] == 0
    assert second.json["counts"]["cached"] == first.json["counts"]["planned"]
    one, two = (judgeflow.folder / name / "estimates.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    page = (judgeflow.folder / "one" / "report.html").read_text()
    assert "(simulated)" in page
    assert "labels by construction" in page
    run = prefect_server.flow_run("one")
    assert run["state_type"] == "COMPLETED"
    found = prefect_server.post(
        "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
    )
    assert {"judgeflow-summary", "judgeflow-progress", "judgeflow-report"} <= {
        a["key"] for a in found
    }
    story = told(prefect_server, run["id"])
    assert 15 < len(story) < 60, "\n".join(story)
    for part in ("checkpoint samples", "round 2: ", " of 36 shards", "quote: ", "report: "):
        assert any(part in line for line in story), part
    assert {"run:one", "config:demo", "dataset:demo", "simulated"} <= set(run["tags"])


def told(server: Server, flow_run_id: str) -> list[str]:
    """The log of a flow run and its tasks, as the UI shows it."""
    wanted = {"logs": {"flow_run_id": {"any_": [flow_run_id]}}, "limit": 200}
    return [line["message"] for line in server.post("/logs/filter", wanted)]


def test_a_run_folder_holds_what_the_contract_promises(quick: InProcess) -> None:
    ended = quick("run", quick.config(), "--limit", "30", "--run-dir", "run")
    assert ended.code == 0, ended.err
    names = {path.name for path in (quick.folder / "run").iterdir()}
    tables = {"samples", "plan", "answers", "verdicts", "estimates"}
    assert {f"{name}.parquet" for name in tables} <= names
    assert {"run.json", "config.yaml", "validations", "report.html"} <= names
    assert ended.out.count("simulated") >= 3
    assert "report:" in ended.out
