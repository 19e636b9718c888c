"""Working on a run: finding or making its folder, holding it alone, writing down its endings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prefect import get_run_logger
from prefect.runtime import flow_run

from data.errors import (
    DefectError,
    InterruptedRunError,
    JudgeflowError,
    LostRunError,
    OrphanedRunError,
)
from data.holders import this_process
from data.run_folder import RunFolder
from data.run_lock import RunLock
from data.run_record import BEGUN, COMPLETE
from flows.attempts import known_folder, remember_folder, this_attempt
from flows.garbage import rarely_collecting
from flows.opening import differs, open_run
from flows.publishing import name_flow_run, publish_checkpoints
from flows.reaping import reap_beside
from flows.stopping import stop_run, stops_on_signals
from flows.story import outlive_the_reader, say_start, without_echo
from flows.watching import watching
from tasks import engine_room, leading
from tasks.stages import away
from tasks.stages.context import Context, context
from tasks.stages.continuing import attempts_with, changed_since
from tasks.stages.money import money
from tasks.stages.parts import ASKING


@contextmanager
def opened(config: str | None, run_dir: str | None, **changes: Any) -> Iterator[Context]:
    """The context of the run in `run_dir`, of this flow run's earlier attempts, or of a new run."""
    given = run_dir or known_folder()
    run = open_run(config, given, flow_run.id, **changes)
    remember_folder(run)
    attempt = this_attempt()
    if attempt is not None and attempt.deployed:
        reap_beside(run)
    again = attempt is not None and attempt.number > 1 and config is not None
    differing = again and differs(run, Path(str(config)), changes)
    with held(run, flow=flow_run.flow_name, config_differs=differing) as here:
        yield here


@contextmanager
def held(run: RunFolder, **facts: Any) -> Iterator[Context]:
    """The run's context while this process alone works on it; every ending is written down.

    `facts` are what the run's record is to keep of this attempt. A run that is complete stays so
    until its verdicts are made anew (`flows.graph.measure`), whatever ends this attempt before.
    """
    attempt = this_attempt()
    holder = attempt.holder() if attempt else this_process()
    lock = RunLock(run.path, holder, attempt.patience_s if attempt else 0.0, stop_run)
    watch = watching(attempt, stop_run)
    outlive_the_reader()
    engine_room.forget()
    with lock, stops_on_signals(), watch, rarely_collecting(), without_echo():
        here = context(run.path)
        about = {"host": holder.host, "pid": holder.pid, **(attempt.facts() if attempt else {})}
        attempts = attempts_with(run, **about, **facts)
        begun = {"again": True} if run.facts().get("status") in COMPLETE else BEGUN
        here.run.note(**begun, attempts=attempts, stage_limits=None)
        try:
            name_flow_run(here)
            say_start(here.run, list(here.seats), here.config.settings)
            for line in changed_since(here.run.facts())[-2:]:
                get_run_logger().warning("%s", line)
            if facts.get("stage", "judge") in ASKING:  # a whole run asks, too
                leading.begin(here.run, here.config, lambda: away.catch_up(here))
            yield here
        except LostRunError:
            raise  # the folder is another's to write
        except BaseException as error:
            end(here, error)
            raise
        finally:
            engine_room.close(here.run)
            leading.end(here.run)
            away.tidy(here)


def end(here: Context, error: BaseException) -> None:
    """Write down what ended the run early; of a run that is complete, what ended the attempt."""
    facts = here.run.facts()
    said = str(error) or type(error).__name__
    if facts.get("finished") and facts.get("error") == said:
        return  # it is how the run itself has ended
    if facts["status"] in COMPLETE:
        *before, last = facts["attempts"]
        attempts = [*before, {**last, "error": said}]
        here.run.note(again=None, attempts=attempts, cost=money(here))
        return
    code = error.exit_code if isinstance(error, JudgeflowError) else DefectError.exit_code
    status = {3: "incomplete", 4: "budget reached", 5: "stopped by a checkpoint", 130: "cancelled"}
    died = isinstance(error, OrphanedRunError)
    here.run.note(
        status="crashed" if died else status.get(code, "failed"),
        error=said,
        exit_code=code,
        cost=money(here),
    )
    if isinstance(error, JudgeflowError) and not isinstance(error, InterruptedRunError):
        with suppress(Exception):  # what ended the run is told, whatever Prefect can still show
            publish_checkpoints(here.run)
