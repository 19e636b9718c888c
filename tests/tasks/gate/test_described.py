"""What differs in words, and never a secret among them."""

from tasks.gate.described import config_differences, fact_differences, text_differences


def entry(**changes: object) -> dict[str, object]:
    return {"name": "gpt", "model": "m", "api_key_env": "MY_KEY", "params": {}} | changes


def test_keys_go_by_the_names_of_their_entries() -> None:
    before = {"judges": [entry(), {"name": "other", "model": "x"}], "limit": None}
    now = {"judges": [entry(params={"temperature": 0.5})], "limit": 20}
    assert config_differences(before, now) == [
        "judges.gpt.params: {} -> (absent)",
        "judges.other.name: 'other' -> (absent)",
        "judges.other.model: 'x' -> (absent)",
        "limit: None -> 20",
        "judges.gpt.params.temperature: (absent) -> 0.5",
    ]


def test_secrets_are_hidden_wherever_they_were_written() -> None:
    before = {"judges": [entry(base_url="https://h/v1", params={"headers": {"X-Api-Key": "aaa"}})]}
    url = "https://user:hunter2@h:8443/v1?key=hunter3"
    now = {
        "judges": [entry(base_url=url, params={"headers": {"X-Api-Key": "bbb", "token": "c0de"}})]
    }
    said = "\n".join(config_differences(before, now))
    for secret in ("aaa", "bbb", "hunter2", "hunter3", "c0de"):
        assert secret not in said
    assert "'https://h:8443/v1'" in said
    assert "X-Api-Key: (hidden) -> (hidden)" in said


def test_where_things_lie_is_no_difference() -> None:
    before = {"dataset": {"path": "/a/d"}, "cache": "/a/c", "runs": "/a/r", "prompts": None}
    now = {"dataset": {"path": "/b/d"}, "cache": "/b/c", "runs": "/b/r", "prompts": "/b/p"}
    assert config_differences(before, now) == []


def test_changed_lines_of_texts_are_shown() -> None:
    found = text_differences(
        {"a.txt": "one\ntwo\n", "b.txt": "x"}, {"a.txt": "one\n2\n", "b.txt": "x"}
    )
    assert found == {"a.txt": ["-two", "+2"]}


def test_versions_are_named() -> None:
    before = {"commit": "a", "versions": {"polars": "1"}, "model_versions": {"gpt": ["m-1"]}}
    now = {"commit": "a", "versions": {"polars": "2"}, "model_versions": {"gpt": ["m-1", "m-2"]}}
    now["fingerprints"] = {"parser": "x"}
    assert fact_differences(before, now) == [
        "polars: 1 -> 2",
        "model version of gpt: m-1 -> m-1+m-2",
        "parser: its code differs",
    ]
