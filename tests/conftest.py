"""What tests share: where the real data lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real labels and recorded judge outputs beside the project."""
    folder = Path(os.environ.get("JUDGEFLOW_SHARED_DATA", ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        reason = f"no real data at {folder}; set JUDGEFLOW_SHARED_DATA"
        if os.environ.get("JUDGEFLOW_REQUIRE_DATA"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
