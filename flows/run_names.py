"""A run on the command line: its folder, or enough of its name to find it in `runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

RUNS = "runs"


class RunName(click.Path):
    """Becomes the run's folder; a path is left as it is, whether there is a run or not."""

    name = "run"

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """The folder.

        Raises:
            DataError: no run in `runs`, or more than one, has such a name.
        """
        path = Path(value)
        if path.exists() or path.name != str(value) or not Path(RUNS).is_dir():
            return path
        from data.run_index import run_index

        return run_index(Path(RUNS)).named(str(value)).path


RUN = RunName()
