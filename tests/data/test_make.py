"""The demo set's generator: the same arguments give the same files, and nothing is overwritten."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from PIL import Image

import data.make
from data.errors import ConfigError, DataError
from data.make import KINDS, MadeDataset, make_dataset
from data.make.write import DRAWERS
from data.records import Label, Response, Sample

DEMO = Path(data.make.__file__).parents[1] / "demo"


def make(
    folder: Path,
    items: int = 6,
    seed: int = 3,
    kinds: Sequence[str] = KINDS,
    difficulty: Literal["easy", "medium", "hard"] | float = "medium",
) -> MadeDataset:
    return make_dataset(folder, items=items, kinds=kinds, difficulty=difficulty, seed=seed)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_process_with_another_hash_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path / "a", items=6)
    code = (
        "import sys; from pathlib import Path; from data.make import make_dataset;"
        "make_dataset(Path(sys.argv[1]), items=6, difficulty='medium', seed=3)"
    )
    root = Path(data.make.__file__).parents[2]
    env = {"PYTHONHASHSEED": "99", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], check=True, env=env, cwd=root)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_bundled_demo_set_is_what_the_generator_makes(tmp_path: Path) -> None:
    made = make(tmp_path / "again", items=24, seed=7)
    for name in ("samples.jsonl", "facts.jsonl", "dataset.yaml"):
        assert (DEMO / name).read_bytes() == (made.folder / name).read_bytes()
    images = sorted(path.name for path in (DEMO / "images").iterdir())
    assert images == sorted(path.name for path in (made.folder / "images").iterdir())
    for name in images:
        with (
            Image.open(DEMO / "images" / name) as ours,
            Image.open(made.folder / "images" / name) as fresh,
        ):
            assert ours.convert("RGB").tobytes() == fresh.convert("RGB").tobytes()


def test_the_bundled_demo_set_is_small(tmp_path: Path) -> None:
    sizes = {name: len(content) for name, content in contents(DEMO).items()}
    assert sum(sizes.values()) < 1_000_000
    assert max(size for name, size in sizes.items() if name.endswith(".png")) < 40_000


def test_every_item_is_scored_four_times_compared_six_times_and_ranked_once(
    tmp_path: Path,
) -> None:
    made = make(tmp_path / "d", items=7)
    rows = lines(made.folder / "samples.jsonl")
    counted = Counter((row["item_id"], row["mode"]) for row in rows)
    assert set(counted.values()) == {4, 6, 1}
    assert {n for (_, mode), n in counted.items() if mode == "pair"} == {6}
    assert (made.items, made.score, made.pair, made.batch) == (7, 28, 42, 7)
    assert len({(row["mode"], row["id"]) for row in rows}) == len(rows)


def test_every_row_is_a_sample_whose_label_is_called_a_construction(tmp_path: Path) -> None:
    rows = lines(make(tmp_path / "d").folder / "samples.jsonl")
    for row in rows:
        sample = Sample(
            sample_id=f"demo/{row['mode']}/{row['id']}",
            item_id=row["item_id"],
            cluster_id=None,
            mode=row["mode"],
            source=row["source"],
            instruction=row["instruction"],
            responses=tuple(Response(**response) for response in row["responses"]),
            labels=tuple(Label(**label) for label in row["labels"]),
        )
        assert [label.origin for label in sample.labels] == ["construction"]


def test_the_description_says_how_the_set_was_made(tmp_path: Path) -> None:
    folder = make(tmp_path / "d", kinds=("map", "table"), difficulty=0.3).folder
    described = yaml.safe_load((folder / "dataset.yaml").read_text(encoding="utf-8"))
    assert described["scale"] == {"low": 1, "high": 5}
    assert described["labels"] == "construction"
    made_by = described["made_by"]
    assert made_by["kinds"] == ["map", "table"]
    assert (made_by["items"], made_by["difficulty"], made_by["seed"]) == (6, 0.3, 3)


def test_kinds_take_turns(tmp_path: Path) -> None:
    facts = lines(make(tmp_path / "d", items=5, kinds=("map", "table")).folder / "facts.jsonl")
    assert [item["kind"] for item in facts] == ["map", "table", "map", "table", "map"]


def test_every_kind_named_can_be_drawn() -> None:
    assert tuple(DRAWERS) == KINDS


def test_asking_for_more_items_keeps_the_first_ones(tmp_path: Path) -> None:
    few = make(tmp_path / "few", items=5).folder / "samples.jsonl"
    many = make(tmp_path / "many", items=9).folder / "samples.jsonl"
    assert many.read_text(encoding="utf-8").startswith(few.read_text(encoding="utf-8"))


def test_other_seeds_draw_other_pictures(tmp_path: Path) -> None:
    one, two = make(tmp_path / "1", seed=1).folder, make(tmp_path / "2", seed=2).folder
    digests = [{path.read_bytes() for path in (f / "images").iterdir()} for f in (one, two)]
    assert not digests[0] & digests[1]


def test_another_difficulty_asks_the_same_of_the_same_pictures(tmp_path: Path) -> None:
    easy = make(tmp_path / "easy", difficulty="easy").folder
    hard = make(tmp_path / "hard", difficulty="hard").folder
    for path in (easy / "images").iterdir():
        assert path.read_bytes() == (hard / "images" / path.name).read_bytes()
    asked = [[i["instruction"] for i in lines(f / "facts.jsonl")] for f in (easy, hard)]
    assert asked[0] == asked[1]


def test_sixty_items_are_sixty_different_questions(tmp_path: Path) -> None:
    folder = make(tmp_path / "d", items=60, seed=11).folder
    asked = {
        (
            item["instruction"],
            hashlib.sha256((folder / "images" / f"{item['item_id']}.png").read_bytes()).digest(),
        )
        for item in lines(folder / "facts.jsonl")
    }
    assert len(asked) == 60


def test_pictures_are_plain_pngs_of_one_size_without_metadata(tmp_path: Path) -> None:
    for path in (make(tmp_path / "d").folder / "images").iterdir():
        with Image.open(path) as image:
            assert (image.format, image.size, image.mode) == ("PNG", (640, 480), "RGB")
            assert image.info == {}


def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        make(tmp_path / "d")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kinds": ("map", "pie")}, "kind 'pie' cannot be drawn; known: 'bar-chart'"),
        ({"kinds": ()}, "must name each kind once"),
        ({"kinds": ("map", "map")}, "must name each kind once"),
        ({"items": 0}, "items must be 1 or more, not 0"),
        ({"difficulty": "brutal"}, "difficulty 'brutal' is not defined; known: 'easy'"),
        ({"difficulty": 1.5}, "between 0 and 1, not 1.5"),
        ({"difficulty": float("nan")}, "between 0 and 1, not nan"),
        ({"name": "../up"}, "name '../up' may only hold"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"items": 1, "difficulty": "easy", "seed": 0} | wrong
    with pytest.raises(ConfigError, match=said):
        make_dataset(tmp_path / "d", **given)
    assert not (tmp_path / "d").exists()


def test_importing_the_generator_does_not_import_pillow() -> None:
    root = Path(data.make.__file__).parents[2]
    code = "import sys, data.make; sys.exit('PIL' in sys.modules)"
    env = {"PYTHONPATH": str(root)}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0
