"""`judgeflow probes`: which there are, and exactly what one would ask."""

import hashlib
import json
from pathlib import Path

from tasks.probes import PROBES
from tests.flows.conftest import InProcess

ROWS = (Path(__file__).parents[2] / "data/demo/samples.jsonl").read_text().splitlines()
SAMPLE = f"demo/score/{json.loads(ROWS[0])['id']}"


def test_every_probe_is_listed_with_what_it_asks(offline: InProcess) -> None:
    listed = offline("probes", "list", "--json").json
    assert {row["probe"] for row in listed} == set(PROBES)
    assert all(len(row["what it asks"]) > 20 for row in listed)


def test_a_probe_shows_its_prompts_and_writes_its_images(offline: InProcess) -> None:
    to = offline.folder / "images"
    path = offline.config()
    shown = offline("probes", "show", "length", SAMPLE, "--config", path, "--to", to, "--json").json
    assert [row["variant"] for row in shown][:2] == ["base", "base"]
    text = json.loads(ROWS[0])["responses"][0]["text"]
    padded = {row["variant"]: row["prompt"] for row in shown if row["variant"] != "base"}
    assert set(padded) == {"own/summary", "own/list", "own/preamble"}
    assert padded["own/summary"].count(text) == 2 > shown[0]["prompt"].count(text)
    for image in shown[0]["images"]:
        content = Path(image["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == image["sha256"]


def test_people_read_words_and_machines_the_raw_change(offline: InProcess) -> None:
    words = ("probes", "show", "transforms", SAMPLE, "--config", offline.config())
    text = offline(*words, "--to", offline.folder / "images").out
    assert "1 request of judge 'sim' (" in text
    assert "changed: the picture: packed as JPEG of quality 10\n" in text
    assert ", cropped by 1 % at each edge -> " in text
    assert "blind_accuracy" not in text  # parameters of the simulation
    assert '"do"' not in text
    raw = {row["variant"]: row for row in offline(*words, "--json").json}
    assert json.loads(raw["jpeg/10"]["images"][0]["change"])[0]["level"] == 10
    assert raw["jpeg/10"]["params"]


def test_without_a_verifier_it_is_said_that_round_three_asks_nothing(offline: InProcess) -> None:
    ended = offline("probes", "show", "rationale", SAMPLE, "--config", offline.config(), "--json")
    assert {row["round"] for row in ended.json} == {2}
    assert ended.err == ("probe 'rationale' asks nothing in round 3: no `verifier` is configured\n")


def test_what_cannot_be_shown_is_said_in_a_line(offline: InProcess) -> None:
    path = offline.config()
    for words, said in (
        (("charm", SAMPLE), "probe 'charm' is not defined"),
        (("length", "demo/score/none"), "there is no sample 'demo/score/none'"),
        (("order", SAMPLE), "probe 'order' asks nothing about"),
        (("length", SAMPLE, "--judge", "nobody"), "judge 'nobody' is not defined"),
        (("length", SAMPLE, "--answer", path), "probe 'length' asks nothing about answers"),
        (("rationale", SAMPLE, "--answer", "none.txt"), "answer 'none.txt' cannot be read"),
    ):
        ended = offline("probes", "show", *words, "--config", path)
        assert ended.code == 2
        assert said in ended.err


def test_limit_probes_holds_for_every_probe(offline: InProcess) -> None:
    path = offline.config(probes={"order": {}, "length": {"limit": 30}})
    lines = offline("plan", path, "--limit-probes", "5", "--json").json["lines"]
    assert {line["samples"] for line in lines if line["probe"]} == {5}


def test_an_option_that_a_probe_does_not_read_ends_plan_and_run_before_there_is_a_run(
    offline: InProcess,
) -> None:
    path = offline.config(probes={"order": {"seed": 3}})
    for words in (("plan", path), ("run", path)):
        ended = offline(*words)
        assert ended.code == 2
        assert ended.err == (
            "judgeflow: probe 'order' does not read 'seed' (3); it reads 'limit', 'draws'\n"
        )
