"""The page: self-contained, escaped, honest about what is missing and who is simulated."""

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.errors import HostError
from data.records import Scale
from data.schemas import COMPARISON, REJECTED, SAMPLES, VERDICTS
from data.tables import table
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures import better, definitions, estimate, paired_differences, primary
from tasks.measures.confidence import confidences
from tasks.probes import Found, estimate_probes
from tasks.report import ReportInputs, write_report
from tasks.report.card_records import Card
from tasks.report.page import page
from tasks.report.tables import calibrations
from tasks.report.words import Names

EVIL = '<script>alert("x")</script>&"\''


def inputs(
    judges: tuple[str, ...] = ("alpha", "sim"), modes: str = "score pair batch"
) -> ReportInputs:
    samples, verdicts = [], []
    truth = {"score": "12345", "pair": "ABC", "batch": ["ABCD", "DCBA"]}
    for mode in modes.split():
        for index in range(12):
            label = truth[mode][index % len(truth[mode])]
            common = {
                "sample_id": f"d/{mode}/{index}", "item_id": f"i{index}",
                "cluster_id": f"c{index}", "mode": mode, "source": "one" if index % 2 else EVIL,
            }  # fmt: skip
            given = [{"annotator": "h", "verdict": label, "origin": "human"}]
            responses = [{"author": "m", "text": "words"}] * {"score": 1, "pair": 2}.get(mode, 4)
            samples.append({**common, "instruction": "", "labels": given, "responses": responses})
            for judge in judges:
                row: dict[str, Any] = {
                    **common,
                    "judge": judge,
                    "setting": "analyze",
                    "variant": "base",
                }
                row |= {"repeat": 0, "epoch": "base", "request_key": "0" * 64}
                if index == 0:
                    verdicts.append({**row, "status": "unparsed", "reason": EVIL})
                    continue
                status = {"score": "scored", "pair": "chosen", "batch": "ranked"}[mode]
                verdicts.append({**row, "status": status, "verdict": label})
    sample_table, given_table = table(samples, SAMPLES), table(verdicts, VERDICTS)
    baselines = baseline_verdicts(sample_table, 1).select(list(VERDICTS))
    everything = pl.concat([given_table, baselines])
    bootstrap = BootstrapConfig(replicates=100)
    order = Found(sample_table, everything, ProbeConfig(), Scale(), bootstrap)
    estimates = pl.concat([
        estimate(sample_table, everything, bootstrap),
        estimate_probes({"order": order}),
    ])  # fmt: skip
    return ReportInputs(
        run=facts(judges),
        config_yaml=f"name: {EVIL}",
        prompts={"role.txt": EVIL},
        samples=sample_table,
        verdicts=everything,
        estimates=estimates,
        differences=paired_differences(sample_table, everything, bootstrap),
        rejected=table([], REJECTED),
        checkpoints=[],
        primary=primary(),
        better=better(),
        definitions=definitions(),
    )


def facts(judges: tuple[str, ...]) -> dict[str, Any]:
    return {
        "run_id": EVIL, "name": "n", "status": "complete", "started": "s", "finished": "f",
        "dataset": {"name": EVIL, "samples": 12, "label_origin": "human", "licence": EVIL},
        "judges": [
            {"name": name, "client": "x", "model": EVIL, "simulated": name.startswith("sim"),
             "price_known": name == "alpha", "role": "judge"} for name in judges
        ],
        "counts": {"planned": 7}, "cost": {"by_judge": {"alpha": 0.5}, "calls_by_judge": {}},
        "quote": {}, "versions": {"polars": "1"}, "model_versions": {"alpha": [EVIL]},
        "replicates": 100, "level": 0.95, "seed": 1,
    }  # fmt: skip


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def built() -> ReportInputs:
    return inputs()


@pytest.fixture(scope="module")
def html(built: ReportInputs) -> str:
    return page(built)


def test_it_needs_nothing_from_outside_and_runs_nothing(html: str) -> None:
    tags = Tags()
    tags.feed(html)
    assert not {"script", "iframe", "object", "embed", "link"} & {tag for tag, _ in tags.seen}
    for _, attrs in tags.seen:
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert (attrs.get(name) or "#").startswith("#")
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_hostile_names_are_shown_and_not_obeyed(html: str) -> None:
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 10


def test_simulated_judges_say_so_wherever_they_stand(html: str) -> None:
    for found in re.finditer(r"\bsim\b", html):
        around = html[found.start() : found.end() + 14]
        assert around.startswith("sim (simulated)"), html[found.start() - 60 : found.end() + 40]


def test_the_headlines_of_a_probe_stand_open_and_the_rest_is_folded(built: ReportInputs) -> None:
    base = (pl.col("group") == "pooled") & (pl.col("mode") == "score") & pl.col("probe").is_null()
    rows = built.estimates.filter(base).with_columns(probe=pl.lit("charm"), arm=pl.lit(EVIL))
    heads = {"charm": {("score", EVIL, "pearson")}}
    html = page(replace(built, estimates=pl.concat([built.estimates, rows]), headlines=heads))
    probes = html[html.index('<section id="probes">') :].partition("</section>")[0]
    seen, _, folded = probes.partition("<details>")
    assert "<td>pearson</td>" in seen
    assert "<td>spearman</td>" in folded
    assert "<td>spearman</td>" not in seen
    assert "<td>pearson</td>" not in folded
    assert probes.count("<tr><td>") == rows.height
    assert "<script" not in probes


def test_a_card_on_the_page_says_what_is_missing_and_whose_images_are_not_known(
    built: ReportInputs,
) -> None:
    common = {
        "mode": "pair", "metric": "effect", "value": 0.1, "low": 0.0, "high": 0.2,
        "bound_low": None, "bound_high": None, "n": 31, "n_missing": 67, "clustered": False,
        "words": EVIL,
    }  # fmt: skip
    card = Card.model_validate({
        "judge": EVIL, "model": EVIL, "simulated": False, "run": "r", "started": "s",
        "dataset": "d", "labels": "none", "level": 0.95, "unreadable": None, "usd_per_1000": {},
        "cautions": ["it says the same"], "trust": [{**common, "setting": "analyze"}],
        "findings": [{**common, "family": "bias", "probe": "p", "arm": EVIL, "excess": None}],
    })  # fmt: skip
    html = page(replace(built, cards=(card,)))
    cards = html[html.index('<section id="cards">') :].partition("</section>")[0]
    assert cards.count("(unclustered)") == 2
    assert cards.count('<td class="n">31</td><td class="n">67</td>') == 2
    assert "<strong>it says the same.</strong>" in cards
    assert "<script" not in cards


def test_what_is_not_defined_or_unknown_says_so(html: str) -> None:
    assert "not defined" in html  # a constant judge has no correlation
    assert "price unknown" in html
    assert "0.5000" in html


def test_equal_inputs_give_equal_bytes(built: ReportInputs, html: str) -> None:
    assert page(built) == html


def test_an_incomplete_run_says_so_first(built: ReportInputs) -> None:
    run = {**built.run, "status": "incomplete", "error": "3 requests have no answer"}
    html = page(replace(built, run=run))
    assert html.index("This run is not complete: incomplete") < html.index("<main>")
    assert "3 requests have no answer" in html


def test_the_gate_stands_first_and_a_regression_is_an_alarm(built: ReportInputs) -> None:
    row = {
        "judge": "sim", "mode": "score", "metric": "pearson", "decides": True, "against": EVIL,
        "finding": "regression", "smallest": 0.05, "n": 12, "clusters": 12, "clustered": True,
    }  # fmt: skip
    gate = {"status": "regression", "said": f"regression: {EVIL}", "notes": [EVIL]}
    comparison = table([row, row | {"decides": False, "metric": "spearman"}], COMPARISON)
    shown = page(replace(built, run={**built.run, "gate": gate}, comparison=comparison))
    section = shown[shown.index('<section id="gate">') : shown.index('<section id="score">')]
    assert '<div class="alarm">regression: &lt;script&gt;' in section
    assert "sim (simulated)" in section
    assert "pearson" in section
    assert "spearman" not in section
    assert "<script>" not in section


def test_labels_by_construction_are_not_called_human(built: ReportInputs) -> None:
    dataset = {**built.run["dataset"], "label_origin": "construction"}
    html = page(replace(built, run={**built.run, "dataset": dataset}))
    assert "No person" in html
    assert "human labels" not in html


def test_one_mode_and_one_judge_are_enough() -> None:
    html = page(inputs(("alpha",), "pair"))
    assert "Pair comparison" in html
    assert "Batch ranking" not in html
    assert "Simulated judges look at no picture" not in html


def test_a_page_without_estimates_is_still_a_page(built: ReportInputs) -> None:
    html = page(replace(built, estimates=built.estimates.clear()))
    assert "no agreement can be given" in html


def test_a_full_disk_leaves_no_half_page(built: ReportInputs, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be written"):
        write_report(tmp_path / "nowhere" / "report.html", built)
    write_report(tmp_path / "report.html", built)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_browser_shows_the_charts_and_finds_nothing_to_complain_about(
    html: str, tmp_path: Path
) -> None:
    import shutil

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    path = tmp_path / "report.html"
    path.write_text(html)
    dumped = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--v=0", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert dumped.stdout.count("<svg") >= 3 * 3
    assert "CONSOLE" not in dumped.stderr


def test_confidences_are_drawn_where_there_are_any_and_only_there() -> None:
    given = inputs(("alpha",), "score")
    assert "as often as it is sure" not in page(given)
    sure = given.verdicts.with_columns(
        pl.when(pl.col("judge") == "alpha").then(0.5 + 0.04 * pl.int_range(pl.len()) % 0.5)
        .alias("confidence")
    )  # fmt: skip
    found = confidences(given.samples, sure, BootstrapConfig(replicates=100))
    shown = page(replace(given, estimates=pl.concat([given.estimates, found])))
    assert shown.count("share right of alpha, analyze by confidence") == 1
    ((judge, bins),) = calibrations(found, "score", Names(given.run))
    assert judge == "alpha, analyze"
    assert [each["bin"] for each in bins] == sorted(each["bin"] for each in bins)
    drawn = found.filter((pl.col("metric") == "right_in_bin") & pl.col("value").is_not_null())
    assert [each["right_in_bin"] for each in bins] == drawn["value"].to_list()
