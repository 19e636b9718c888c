"""What a flow can be given, as types: Prefect makes its form of them and checks what comes in.

Defaults that are not null (`()`, an empty folder) give plain inputs; a number that may be absent
has a switch between number and None, for Prefect's page refuses an empty input otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

FOLDER = "JUDGEFLOW_CONFIGS"  # where the form looks for configurations
NOT_RUNS = {"providers.yaml"}


def configurations(folder: Path) -> list[str]:
    """The configurations in a folder, as one would write their paths here."""
    return sorted(str(path) for path in folder.glob("*.yaml") if path.name not in NOT_RUNS)


class _Offered:
    """Offers the configurations that are there when the deployment is registered."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = configurations(Path(os.environ.get(FOLDER, "deployments/configs")))
        return {"type": "string", **({"enum": found} if found else {})}


Configuration: TypeAlias = Annotated[str | None, _Offered()]
Changes: TypeAlias = tuple[Annotated[str, Field(pattern=r"^[^=]+=")], ...]
Dollars: TypeAlias = Annotated[float, Field(ge=0)] | None
Calls: TypeAlias = Annotated[int, Field(ge=0)] | None
Checkpoint: TypeAlias = (
    Literal["samples", "images", "responses", "verdicts", "claims", "estimates"] | None
)
Samples: TypeAlias = Annotated[int, Field(ge=1)] | None
