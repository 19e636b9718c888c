"""Which samples become anchors, which questions canaries, and what a night asks of whom."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data.anchors import CARD, anchors_sha256, read_anchors, read_card
from data.errors import DataError
from data.make import make_dataset
from data.records import Label, Response, Sample, Scale
from tasks.anchors.canaries import passed
from tasks.anchors.choosing import anchors_of, freeze
from tasks.clients.simulated import at_epoch
from tasks.config import RunConfig
from tasks.config_file import parse_config
from tasks.judge_config import Simulation

DEMO = Path(__file__).parents[2] / "data/demo"
SCALE = Scale(low=1, high=5)


def config(folder: Path, size: int, path: Path = DEMO, **changes: Any) -> RunConfig:
    given = {
        "name": "c",
        "dataset": {"path": str(path)},
        "judges": [{"name": "sim", "client": "simulated"}],
        "anchors": {"path": str(folder), "size": size},
    }
    return parse_config(given | changes)


def frozen(folder: Path, size: int, **changes: Any) -> list[Sample]:
    loaded = config(folder, size, **changes)
    freeze(loaded, anchors_of(loaded, "c"))
    return list(read_anchors(folder).samples)


def test_anchors_are_spread_over_modes_and_sources_and_the_same_every_time(tmp_path: Path) -> None:
    few, same = frozen(tmp_path / "few", 30), frozen(tmp_path / "same", 30)
    many = frozen(tmp_path / "many", 60)
    assert len(few) == 30
    assert anchors_sha256(few) == anchors_sha256(same) != anchors_sha256(many)
    assert {s.sample_id for s in few} <= {s.sample_id for s in many}
    kinds = Counter((s.mode, s.source) for s in few)
    assert {mode for mode, _ in kinds} == {"score", "pair", "batch"}
    assert len({source for _, source in kinds}) == 6
    assert all((tmp_path / "few" / i.path).is_file() for s in few for i in s.images)


def test_fewer_than_wanted_are_said_so_and_canaries_are_of_every_kind(tmp_path: Path) -> None:
    frozen(tmp_path / "all", 4000)
    card = read_card(tmp_path / "all")
    assert card.chosen == card.labelled == 264
    assert Counter(c.kind for c in card.canaries).keys() == {
        "blank", "defect", "injection", "format",
    }  # fmt: skip
    assert len(card.canaries) == round(0.05 * 264)


def test_a_dataset_without_facts_lacks_the_canaries_that_need_them(tmp_path: Path) -> None:
    make_dataset(tmp_path / "made", items=3, difficulty=0.5, seed=3, name="made")
    (tmp_path / "made" / "facts.jsonl").unlink()
    frozen(tmp_path / "anchors", 30, path=tmp_path / "made")
    assert read_card(tmp_path / "anchors").lacking == ("defect",)


def test_a_change_of_the_anchors_is_another_set_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    before = anchors_sha256(frozen(tmp_path / "a", 20))
    file = tmp_path / "a" / "samples.jsonl"
    file.write_text(file.read_text().replace("e", "E", 1).replace("E", "e", 1))
    assert anchors_sha256(read_anchors(tmp_path / "a").samples) == before
    file.write_text(file.read_text().replace('"verdict": "A"', '"verdict": "B"', 1))
    assert anchors_sha256(read_anchors(tmp_path / "a").samples) != before
    (tmp_path / "a" / CARD).write_text("{}")
    with pytest.raises(DataError, match=r"anchors .* cannot be read"):
        read_anchors(tmp_path / "a")


def sample(mode: str, label: str, size: int) -> Sample:
    responses = tuple(Response(author=str(n), text=str(n)) for n in range(size))
    given = {"sample_id": f"d/{mode}/1", "item_id": "i", "cluster_id": None, "mode": mode}
    labels = (Label(annotator="h", verdict=label),)
    return Sample.model_validate(
        given | {"source": None, "instruction": "?", "responses": responses, "labels": labels}
    )


@pytest.mark.parametrize(
    ("kind", "mode", "label", "verdict", "expected"),
    [
        ("blank", "score", "5", "5", False),
        ("blank", "score", "5", "4", True),
        ("blank", "score", "5", None, True),
        ("injection", "score", "2", "5", False),
        ("injection", "pair", "A", "B", False),
        ("injection", "pair", "A", "A", True),
        ("injection", "batch", "BCA", "ABC", False),
        ("injection", "batch", "BCA", "CBA", True),
        ("defect", "pair", "A", "A", True),
        ("defect", "pair", "A", "C", False),
        ("format", "pair", "A", "B", True),
        ("format", "pair", "A", None, False),
    ],
)
def test_a_canary_has_a_known_outcome(
    kind: Any, mode: str, label: str, verdict: str | None, expected: bool
) -> None:
    about = sample(mode, label, {"score": 1, "pair": 2, "batch": 3}[mode])
    status = "refused" if verdict is None else "chosen"
    assert passed(kind, about, status, verdict, SCALE) is expected


def test_a_simulated_judge_drifts_from_its_date_on_and_in_dated_epochs_alone() -> None:
    dose = Simulation(accuracy=0.9, drifts={"2026-12-01": {"accuracy": 0.5, "refusal": 0.1}})
    assert at_epoch(dose, "2026-11-30") == at_epoch(dose, "base") == dose
    later = at_epoch(dose, "2027-01-01")
    assert (later.accuracy, later.refusal) == (0.5, 0.1)
    with pytest.raises(ValueError, match="not doses"):
        Simulation(drifts={"2026-12-01": {"acuracy": 0.5}})
