"""What a flow can be given, as types: Prefect makes its form of them and checks what comes in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field

FOLDER = "JUDGEFLOW_CONFIGS"  # where the form looks for configurations
NOT_RUNS = {"providers.yaml"}


def configurations(folder: Path) -> list[str]:
    """The configurations in a folder, as one would write their paths here."""
    return sorted(str(path) for path in folder.glob("*.yaml") if path.name not in NOT_RUNS)


def _with_choices(schema: dict[str, Any]) -> None:
    """Let the form offer the configurations there are when the deployment is registered."""
    found = configurations(Path(os.environ.get(FOLDER, "deployments/configs")))
    if found:
        schema["enum"] = found


Configuration: TypeAlias = Annotated[str, Field(json_schema_extra=_with_choices)]
Change: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^[^=]+=",
        json_schema_extra={"examples": ["limit_probes=20", "judges.gpt.concurrency=4"]},
    ),
]
Dollars: TypeAlias = Annotated[float, Field(ge=0)]
Calls: TypeAlias = Annotated[int, Field(ge=0)]
Samples: TypeAlias = Annotated[int, Field(ge=1)]
