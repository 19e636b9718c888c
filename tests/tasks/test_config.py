"""What a configuration may say, and what is said where it is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.errors import ConfigError
from data.records import Record
from tasks.config import RunConfig
from tasks.config_file import config_sha256, load_config, parse_config
from tasks.families import cautions
from tasks.judge_config import AnthropicJudge, OpenAIJudge, RecordedJudge, Simulation
from tasks.probe_options import require_probes
from tasks.probes import PROBES

ROOT = Path(__file__).parents[2]


def minimal(**changes: Any) -> dict[str, Any]:
    return {
        "name": "run",
        "dataset": {"path": "data"},
        "judges": [{"name": "sim", "client": "simulated"}],
        **changes,
    }


def written(folder: Path, config: object) -> Path:
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.parametrize("path", sorted((ROOT / "deployments/configs").glob("*.yaml")))
def test_every_configuration_that_comes_with_the_project_is_one(path: Path) -> None:
    if path.name != "providers.yaml":
        config = load_config(path)
        assert isinstance(config, RunConfig)
        require_probes(config)


def test_the_full_configuration_has_every_probe_and_a_verifier_of_another_family() -> None:
    config = load_config(ROOT / "deployments/configs/full.yaml")
    assert set(config.probes) == set(PROBES)
    assert config.verifier is not None
    assert cautions(config) == []


def test_the_full_configuration_names_the_size_that_the_page_of_costs_has() -> None:
    page = (ROOT / "docs/probes.md").read_text(encoding="utf-8")
    requests, usd = re.findall(r"^\| all \|.* ([\d,]+) \| ([\d.]+) \|$", page, re.MULTILINE)[0]
    said = (ROOT / "deployments/configs/full.yaml").read_text(encoding="utf-8")
    assert f" {requests} requests and {usd} USD " in said


def test_overrides_reach_nested_keys_list_entries_and_names(tmp_path: Path) -> None:
    changed = load_config(
        written(tmp_path, minimal()),
        [
            "bootstrap.replicates=300",
            "judges.sim.simulation.accuracy=0.5",
            "judges.0.simulation.noise=0",
            "settings=[no-figure, analyze]",
            "limit=7",
        ],
    )
    assert changed.bootstrap.replicates == 300
    assert changed.judges[0].model_dump()["simulation"]["accuracy"] == 0.5
    assert changed.judges[0].model_dump()["simulation"]["noise"] == 0
    assert changed.settings == ("no-figure", "analyze")
    assert changed.limit == 7


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("limit", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("judges.nobody.name=x", "there is no 'nobody'"),
        ("judges.7.name=x", "there is no '7'"),
        ("name.first=x", "holds no keys"),
        ("limit=[1", "not YAML"),
        ("limt=3", "limt: Extra inputs are not permitted, got 3"),
        ("limit=0", "limit: Input should be greater than or equal to 1, got 0"),
        ("judges.0.client=gemini", "'openai', 'anthropic', 'simulated', 'recorded'"),
        ("settings=[blind]", "settings.0"),
        ("bootstrap.level=1", "bootstrap.level"),
        ("name=../evil", "name"),
    ],
)
def test_a_wrong_override_is_told_in_one_line(tmp_path: Path, override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, minimal()), [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "just words", "a: [", "\x00", "a: !!python/none x"])
def test_a_file_that_is_no_configuration_is_told_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"c\.yaml") as caught:
        load_config(path)
    assert "\n" not in str(caught.value)


def test_judges_have_names_of_their_own() -> None:
    twice = [{"name": "sim", "client": "simulated"}] * 2
    with pytest.raises(ConfigError, match=r"'sim'.*stand twice"):
        parse_config(minimal(judges=twice))


def test_one_name_is_one_entry_wherever_it_stands() -> None:
    judge = {"name": "m", "client": "openai", "model": "a"}
    assert parse_config(minimal(judges=[judge], responders=[judge])).responders
    with pytest.raises(ConfigError, match="'m' names two different entries"):
        parse_config(minimal(judges=[judge], responders=[{**judge, "model": "b"}]))
    with pytest.raises(ConfigError, match="'m' names two different entries"):
        parse_config(minimal(judges=[judge], describer={**judge, "params": {"seed": 1}}))


def test_images_that_stay_at_home_allow_blind_settings_only() -> None:
    home = {"allow_send": False}
    assert parse_config(minimal(images=home, settings=["no-figure"]))
    for setting in ("analyze", "vision-expert"):  # an expert describes what it was sent
        with pytest.raises(ConfigError, match="allow_send is false"):
            parse_config(minimal(images=home, settings=["no-figure", setting]))


@pytest.mark.parametrize(
    "entry", [RunConfig, OpenAIJudge, AnthropicJudge, RecordedJudge, Simulation]
)
def test_every_key_is_documented(entry: type[Record]) -> None:
    page = (ROOT / "docs/configuration.md").read_text() + (ROOT / "docs/datasets.md").read_text()
    undocumented = [
        key for key in entry.model_fields if not re.search(rf"`{key}[`.]|^ +{key}:", page, re.M)
    ]
    assert undocumented == []


def test_the_hash_is_of_the_meaning_not_of_the_spelling(tmp_path: Path) -> None:
    keys = minimal(limit=3)
    turned = dict(reversed(list(keys.items())))
    one, two = parse_config(keys), parse_config(turned)
    assert config_sha256(one) == config_sha256(two)
    assert config_sha256(one) != config_sha256(parse_config(minimal(limit=4)))
