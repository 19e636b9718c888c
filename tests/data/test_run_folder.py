from pathlib import Path

import pytest

from data.errors import DataError
from data.run_folder import RunFolder, new_run_path


def test_a_run_remembers_its_facts(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r1", {"c.yaml": "x"}, name="demo")
    run.note(status="complete")
    facts = RunFolder.open(tmp_path / "r1").facts()
    assert (facts["run_id"], facts["name"], facts["status"]) == ("r1", "demo", "complete")
    assert len(facts["nonce"]) == 16


def test_a_taken_folder_is_refused_with_the_way_on(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "r1", {})
    with pytest.raises(DataError, match="judgeflow resume"):
        RunFolder.create(tmp_path / "r1", {})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="not empty"):
        RunFolder.create(tmp_path / "mine", {})


def test_what_is_no_run_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no run at"):
        RunFolder.open(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        RunFolder.open(tmp_path)


def test_folders_sort_by_time_and_are_not_taken(tmp_path: Path) -> None:
    first, second = new_run_path(tmp_path, "a b/c"), new_run_path(tmp_path, "a b/c")
    assert first != second
    assert first.parent == tmp_path.resolve()
    assert "a-b-c" in first.name


def test_a_run_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            RunFolder.create(tmp_path / "r1", {"prompts/a.txt": "a"})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "r1").mkdir()  # made beforehand by whoever schedules the run
    run = RunFolder.create(tmp_path / "r1", {"prompts/a.txt": "a"})
    assert run.text("prompts/a.txt") == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["r1"]
