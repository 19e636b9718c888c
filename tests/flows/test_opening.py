"""A flow run finds its own folder again, and never another's."""

from pathlib import Path

import yaml

from flows.opening import open_run
from tests.flows.conftest import ROOT

# Runs of one schedule, as Prefect 3.8.8 planned them at once: ids begin with the time.
PLANNED_TOGETHER = (
    "01a210cd-e579-7f58-b726-dd672e2b3cff",
    "01a210cd-e579-7d72-a9ed-40ed0a4fafbf",
    "01a210cd-e579-7ce5-b459-972d1f025bdb",
)


def test_runs_that_were_planned_together_have_folders_of_their_own(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": "nightly",
                "dataset": {"path": str(ROOT / "data/demo")},
                "judges": [{"name": "sim", "client": "simulated"}],
                "runs": str(tmp_path / "runs"),
                "cache": str(tmp_path / "cache"),
            }
        )
    )
    made = [open_run(str(config), None, flow_run).path for flow_run in PLANNED_TOGETHER]
    again = [open_run(str(config), None, flow_run).path for flow_run in PLANNED_TOGETHER]
    assert len(set(made)) == 3
    assert again == made  # a Retry continues where its run began
