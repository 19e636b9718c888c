"""How a flow run ends for Prefect: in a state that says why, in one line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.exceptions import Abort
from prefect.runtime import deployment
from prefect.states import Cancelled, Crashed, Failed

from data.errors import (
    IncompleteError,
    InterruptedRunError,
    JudgeflowError,
    LostRunError,
    OrphanedRunError,
    SupersededRunError,
)

P = ParamSpec("P")


def told_in_one_line(
    body: Callable[P, dict[str, Any]],
) -> Callable[P, dict[str, Any] | State[Any]]:
    """A flow body whose expected failures end the flow run in a state that says why.

    An attempt that the server has given up leaves the flow run's state alone: it is no longer its
    own to change.
    """

    @functools.wraps(body)
    def told(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any] | State[Any]:
        try:
            return body(*args, **kwargs)
        except JudgeflowError as error:
            get_run_logger().error("%s", error)
            if isinstance(error, SupersededRunError):
                raise Abort(str(error)) from None
            return ending(error)

    # the form in Prefect's page is made of the parameters' types, by their names in `body`'s module
    told.__signature__ = inspect.signature(body, eval_str=True)  # type: ignore[attr-defined]
    return told


def ending(error: JudgeflowError) -> State[Any]:
    """The state of a flow run that ended by this error."""
    if isinstance(error, OrphanedRunError | LostRunError):
        return Crashed(message=str(error), data=error)
    if isinstance(error, InterruptedRunError):
        return Cancelled(message=str(error))
    said = str(error)
    if isinstance(error, IncompleteError) and deployment.id is not None:
        said += ", and so does Retry"
    return Failed(message=said, data=error)
