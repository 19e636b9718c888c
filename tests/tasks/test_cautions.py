"""What is allowed and yet says less than it seems to is said."""

import shutil
from pathlib import Path
from typing import Any

from tasks.cautions import of_authors, of_config
from tasks.config_file import parse_config
from tasks.prompts import BUNDLED, WORDINGS


def config(**changes: Any) -> Any:
    judges = [{"name": name, "client": "simulated"} for name in ("red", "blue")]
    return parse_config({"name": "t", "dataset": {"path": "x"}, "judges": judges} | changes)


def test_claims_without_a_verifier_are_said_to_stay_undecided() -> None:
    (line,) = of_config(config(probes={"rationale": {}}))
    assert "no `verifier` is configured" in line
    verifier = {"name": "other", "client": "simulated"}
    assert of_config(config(probes={"rationale": {}}, verifier=verifier)) == []


def test_a_limit_that_takes_drawn_pictures_away_is_said() -> None:
    (line,) = of_config(config(probes={"thresholds": {}}, limit_probes=5))
    assert "limit_probes 5 leaves 5 of 20 pictures" in line
    assert of_config(config(probes={"thresholds": {"limit": 4}}, limit_probes=5)) == []
    assert of_config(config(probes={"order": {}}, limit_probes=5)) == []


def test_our_wordings_beside_a_role_of_ones_own_are_said(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    shutil.copytree(BUNDLED, own, ignore=shutil.ignore_patterns("*.brief.txt"))
    mine = config(probes={"paraphrase": {}}, prompts=str(own))
    assert of_config(mine) == []  # equal templates: ours reword them
    (own / "role.txt").write_text("You judge.\n")
    (line,) = of_config(mine)
    assert "role.txt of its own and not all of its wordings" in line
    for wording in WORDINGS:
        (own / f"role.{wording}.txt").write_text("Do judge.\n")
    assert of_config(mine) == []


def test_self_preference_names_strangers_and_judges_without_a_family() -> None:
    known = {"families": {"r": ["red", "rose"], "b": ["blue", "bleu"]}}
    lines = list(of_authors(config(probes={"self-preference": known}), {"rose", "sky"}))
    assert lines == [
        "probe 'self-preference': ['bleu'] of `families` are neither judges nor responders; the "
        "responders are ['rose', 'sky']",
        "probe 'self-preference' says nothing of ['blue']: no response is of such a judge's "
        "family; `families` can name it beside some of ['rose', 'sky']",
    ]
    assert list(of_authors(config(probes={"self-preference": known}), {"rose", "bleu"})) == []
    assert list(of_authors(config(), {"rose"})) == []
    kin = {"families": {"r": ["red", "blue", "rose"]}}
    (line,) = of_authors(config(probes={"self-preference": kin}), {"rose", "sky"})
    assert line == (
        "probe 'self-preference' says nothing of ['red', 'blue']: there is no judge of another "
        "family to compare with; add one"
    )
