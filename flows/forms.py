"""What a flow can be given, as types: Prefect makes its form of them and checks what comes in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

FOLDER = "JUDGEFLOW_CONFIGS"  # where the form looks for configurations
NOT_RUNS = {"providers.yaml"}


def configurations(folder: Path) -> list[str]:
    """The configurations in a folder, as one would write their paths here."""
    return sorted(str(path) for path in folder.glob("*.yaml") if path.name not in NOT_RUNS)


class _MayBeEmpty:
    """Shows an optional value as an input that may stay empty, not as a choice of two types."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        given: dict[str, Any] = handler(core)["anyOf"][0]
        return {**given, "type": [given["type"], "null"]}


class _Offered:
    """Offers the configurations that are there when the deployment is registered."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = configurations(Path(os.environ.get(FOLDER, "deployments/configs")))
        return {**handler(core), **({"enum": found} if found else {})}


Configuration: TypeAlias = Annotated[Annotated[str, _Offered()] | None, _MayBeEmpty()]
Changes: TypeAlias = Annotated[
    list[Annotated[str, Field(pattern=r"^[^=]+=")]] | None,
    _MayBeEmpty(),
]
Folder: TypeAlias = Annotated[str | None, _MayBeEmpty()]
Dollars: TypeAlias = Annotated[Annotated[float, Field(ge=0)] | None, _MayBeEmpty()]
Calls: TypeAlias = Annotated[Annotated[int, Field(ge=0)] | None, _MayBeEmpty()]
Samples: TypeAlias = Annotated[Annotated[int, Field(ge=1)] | None, _MayBeEmpty()]
