"""How a flow run ends for Prefect: in a state that says why, in one line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec

import httpx
from prefect import get_run_logger
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import Abort, PrefectException
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
from flows.attempts import server, this_attempt
from flows.stopping import terminated

P = ParamSpec("P")


def told_in_one_line(
    body: Callable[P, dict[str, Any]],
) -> Callable[P, dict[str, Any] | State[Any]]:
    """A flow body whose expected failures end the flow run in a state that says why.

    An attempt that the server has given up, or that a worker is cancelling, leaves the flow run's
    state alone: it is no longer its own to change.
    """

    @functools.wraps(body)
    def told(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any] | State[Any]:
        try:
            return body(*args, **kwargs)
        except JudgeflowError as error:
            get_run_logger().error("%s", error)
            if isinstance(error, SupersededRunError) or _worker_cancels(error):
                raise Abort(str(error)) from None  # ends without a word to the server
            return ending(error)

    # the form in Prefect's page is made of the parameters' types, by their names in `body`'s module
    told.__signature__ = inspect.signature(body, eval_str=True)  # type: ignore[attr-defined]
    return told


def _worker_cancels(error: JudgeflowError) -> bool:
    """Whether a worker is cancelling this flow run, and tells the server when it has.

    It does so seconds after the process has ended. If the process itself said Cancelled before, a
    Retry in between would be cancelled with it.
    """
    attempt = this_attempt()
    stopped = isinstance(error, InterruptedRunError) and terminated()
    if attempt is None or not attempt.deployed or not stopped:
        return False
    try:
        with server() as client:
            state = client.read_flow_run(attempt.flow_run).state
    except (httpx.HTTPError, OSError, PrefectException):
        return False
    return state is not None and state.type is StateType.CANCELLING


def ending(error: JudgeflowError) -> State[Any]:
    """The state of a flow run that ended by this error."""
    if isinstance(error, OrphanedRunError | LostRunError):
        return Crashed(message=str(error), data=error)
    if isinstance(error, InterruptedRunError):
        return Cancelled(message=str(error))
    said = str(error)
    open_rows = isinstance(error, IncompleteError) and said.endswith("asks them again")
    if open_rows and deployment.id is not None:
        said += ", and so does Retry"
    return Failed(message=said, data=error)
